// The dashboard in a real browser, served by the program and published as files: every page, what one
// does on it, links, exports, accessibility, text from outside, a hundred thousand points.
//
//   node dashboard_test.mjs ROOFSCAPE REPORT_FIXTURE SOURCE [FOLDER_FOR_PICTURES]
//
// Exit status 77 (skipped) where no Chromium is installed, or no web/node_modules.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { check, failures, host, run, serve, tools } from "./harness.mjs";
import { checkActions, checkToken } from "./actions.mjs";
import { checkCodesign } from "./codesign.mjs";
import { checkMany } from "./many_points.mjs";
import { checkPages, PUBLISHED, SERVED } from "./pages.mjs";

const [, , roofscape, fixture, here, pictures] = process.argv;
const source = resolve(here);
const studies = join(source, "tests/e2e/dashboard/studies");
const HOSTILE = "<script>document.title='owned'</script>\"'><img src=x onerror=alert(1)>";

const { missing, executablePath, chromium, axe } = tools(source);
if (missing) {
  console.log(missing);
  process.exit(77);
}

const folder = mkdtempSync(join(tmpdir(), "roofscape-dashboard-"));
const database = join(folder, "store.db");
const empty = join(folder, "empty.db");
const stops = [];
let browser;
try {
  run(fixture, database, HOSTILE);
  run(roofscape, "import", "inferencex", join(source, "tests/golden/data/inferencex.json"), "--db", database);
  run(roofscape, "import", "inferencex", join(source, "tests/golden/data/evals.json"), "--db", database);
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const server = await serve(roofscape, database, "--studies", studies);
  stops.push(server.stop);
  const seen = await checkPages(browser, axe, server.address, SERVED, pictures && join(pictures, "served"));
  check(seen.title !== "owned", "a script from outside text ran");
  await checkActions(browser, server.address);
  await checkCodesign(browser, server.address);
  await checkMany(browser, server.address);

  const guarded = await serve(roofscape, database, "--token-file", join(folder, "tokens"));
  stops.push(guarded.stop);
  await checkToken(browser, guarded.address, /token, shown only now: (\S+)/.exec(guarded.told)[1]);

  run(roofscape, "publish", join(folder, "site"), "--db", database, "--studies", studies);
  const files = await host(join(folder, "site"));
  stops.push(files.stop);
  await checkPages(browser, axe, files.address, PUBLISHED, pictures && join(pictures, "published"), ["desk"]);

  run(roofscape, "db", "migrate", "--db", empty);
  const bare = await serve(roofscape, empty);
  stops.push(bare.stop);
  await checkPages(browser, axe, bare.address, SERVED.filter((page) => page.empty), pictures && join(pictures, "empty"), ["desk"]);
} catch (error) {
  failures.push(String(error.stack ?? error));
} finally {
  await browser?.close();
  for (const stop of stops) stop();
  rmSync(folder, { recursive: true, force: true });
}
for (const failure of failures) console.log(`FAILED: ${failure}`);
console.log(`${failures.length} failures`);
process.exit(failures.length > 0 ? 1 : 0);
