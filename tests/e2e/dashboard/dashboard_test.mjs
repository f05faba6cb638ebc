// The dashboard in a real browser, served by the program and published as files: every page, what one
// does on it, links, exports, accessibility, text from outside, a hundred thousand points.
//
//   node dashboard_test.mjs ROOFSCAPE REPORT_FIXTURE SOURCE [FOLDER_FOR_PICTURES]
//
// Exit status 77 (skipped) where no Chromium is installed, or no web/node_modules.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { failures, host, run, serve, timed, together, tools } from "./harness.mjs";
import { runActions } from "./act.mjs";
import { ACTIONS, checkQueue, checkToken } from "./actions.mjs";
import { CODESIGN_ACTIONS } from "./codesign.mjs";
import { tellLoadings } from "./loading.mjs";
import { checkMany } from "./many_points.mjs";
import { EMPTY, pageJobs, PUBLISHED, SERVED, STARTING } from "./pages.mjs";

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
const LANES = 3; // Where one waits for the server another uses the processor.
let browser;

async function makeStores() {
  await run(fixture, database, HOSTILE, "fleet");
  await run(roofscape, "import", "inferencex", join(source, "tests/golden/data/inferencex.json"), "--db", database);
  await run(roofscape, "import", "inferencex", join(source, "tests/golden/data/evals.json"), "--db", database);
  await run(roofscape, "db", "migrate", "--db", empty);
}

/** Stops with the test. */
function begun(server) {
  stops.push(server.stop);
  return server;
}

const picturesOf = (kind) => pictures && join(pictures, kind);

try {
  await timed("stores", makeStores);
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const server = begun(await serve(roofscape, database, "--studies", studies));
  await timed("100,000 points", () => checkMany(browser, server.address));

  const guarded = begun(await serve(roofscape, database, "--token-file", join(folder, "tokens")));
  const bare = begun(await serve(roofscape, empty));
  const running = begun(await serve(roofscape, join(folder, "started.db"), "--allow-runs"));
  await timed("served", () => together(LANES, [
    () => timed("actions", () => runActions(browser, server.address, ACTIONS)),
    () => timed("co-design", () => runActions(browser, server.address, CODESIGN_ACTIONS)),
    () => checkToken(browser, guarded.address, /token, shown only now: (\S+)/.exec(guarded.told)[1]),
    () => checkQueue(browser, running.address, /token to start runs with, shown only now: (\S+)/.exec(running.told)[1]),
    ...pageJobs(browser, axe, server.address, SERVED, picturesOf("served")),
    ...pageJobs(browser, axe, running.address, STARTING, picturesOf("starting")),
    ...pageJobs(browser, axe, bare.address, EMPTY, picturesOf("empty"), ["desk"]),
  ]));

  await timed("publish", () => run(roofscape, "publish", join(folder, "site"), "--db", database, "--studies", studies));
  const files = begun(await host(join(folder, "site")));
  await timed("published", () => together(LANES, pageJobs(browser, axe, files.address, PUBLISHED, picturesOf("published"), ["desk"])));
} catch (error) {
  failures.push(String(error.stack ?? error));
} finally {
  await browser?.close();
  for (const stop of stops) stop();
  rmSync(folder, { recursive: true, force: true });
}
tellLoadings();
for (const failure of failures) console.log(`FAILED: ${failure}`);
console.log(`${failures.length} failures`);
process.exit(failures.length > 0 ? 1 : 0);
