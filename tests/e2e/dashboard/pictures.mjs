// The guide's pictures of every page, at the size of a desk and of a phone, from a running server.
// Nothing calls it but who renews them:
//
//   build/release/tests/e2e/report_fixture DB "" fleet
//   roofscape import inferencex ROWS.json --db DB      # rows, and evaluations, as InferenceX publishes them
//   roofscape serve --db DB &
//   node tests/e2e/dashboard/pictures.mjs http://127.0.0.1:8321/ docs/images/pages [PAGE...]
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { failures, picture, settled, tools, watchedPage } from "./harness.mjs";

const SIZES = { desk: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
const MODEL = "model=deepseek-v3&shape=8192%2F1024";
const PATIENCE_MS = 900_000; // A study is computed when it is first looked at.

const PAGES = {
  answer: `?${MODEL}&interactivity_tps=50`,
  frontier: `?view=frontier&${MODEL}`,
  compare: `?view=compare&${MODEL}&side=chip%3Db200-sxm&side=chip%3Dh200-sxm`,
  history: `?view=history&${MODEL}`,
  intelligence: "?view=intelligence",
  predict: "?view=predict&model=llama-3.1-70b&chip=h200-sxm&tp=4&precision=fp8",
  codesign: "?view=codesign",
  "codesign-gain": "?view=codesign&part=gain",
  "codesign-portability": "?view=codesign&part=portability",
  "codesign-machines": "?view=codesign&part=machines",
  "codesign-fabrics": "?view=codesign&part=fabrics",
  "codesign-elasticities": "?view=codesign&part=elasticities",
  "codesign-what-if": "?view=codesign&part=what-if",
  "codesign-sketch": "?view=codesign&part=sketch",
  run: "?view=runs",
  fleet: "?view=fleet",
  "fleet-campaign": "?view=fleet&campaign=nightly",
  "fleet-entry": "?view=fleet&entry=every night",
  catalog: "?view=catalog&kind=models&id=deepseek-v3",
  live: "?view=live",
};

async function take(page, base, name, size, folder) {
  await page.goto(base + PAGES[name]);
  await settled(page);
  await page.waitForFunction(() => !document.querySelector('main progress[aria-label="How far the study is"]'), null, { timeout: PATIENCE_MS });
  if (name === "run") await page.locator("tr[data-row]").first().click();
  await settled(page);
  await picture(page, folder, `${name}-${size}`);
  console.log(`${name}-${size}`);
}

const [, , base, folder, ...only] = process.argv;
const { missing, executablePath, chromium } = tools(join(dirname(fileURLToPath(import.meta.url)), "../../.."));
if (missing || !folder) {
  console.error(missing ?? "pictures: name the server's address and the folder");
  process.exit(2);
}
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
for (const [size, viewport] of Object.entries(SIZES)) {
  const context = await browser.newContext({ viewport, colorScheme: "light", isMobile: size === "phone", hasTouch: size === "phone" });
  const page = await watchedPage(context, base, size);
  for (const name of only.length > 0 ? only : Object.keys(PAGES)) await take(page, base, name, size, folder);
  await context.close();
}
await browser.close();
for (const failure of failures) console.log(`FAILED: ${failure}`);
process.exit(failures.length > 0 ? 1 : 0);
