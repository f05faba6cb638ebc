// How a page loads, as Lighthouse looks at it: paints, shifts of the layout, blocked time, what it
// fetched and never ran, and what its head says. Times are told and not judged, for the machine that
// tests is busy; shifts and bytes are the same on every machine.
import { check } from "./harness.mjs";

const MOST_SHIFT = 0.1; // "Good" by https://web.dev/articles/cls, read 2026-11-30.
const LARGE_BYTES = 150_000; // Of a script as it runs.
const LEAST_RUN = 0.2; // Of a large one.
const told = [];

/** Runs in the page before anything else. */
function watch() {
  const seen = { fcp: null, lcp: null, shifts: [], blocked: 0 };
  window.roofscapeLoading = seen;
  const on = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  on("paint", (entry) => {
    if (entry.name === "first-contentful-paint") seen.fcp = entry.startTime;
  });
  on("largest-contentful-paint", (entry) => (seen.lcp = entry.startTime));
  on("longtask", (entry) => (seen.blocked += Math.max(0, entry.duration - 50)));
  on("layout-shift", (entry) => {
    if (entry.hadRecentInput) return;
    const moved = entry.sources.map(({ node }) => (node?.tagName ? `${node.tagName.toLowerCase()}.${node.className}` : "?"));
    seen.shifts.push({ at: entry.startTime, value: entry.value, moved });
  });
}

/** The worst five seconds in which no second is quiet. */
export function cumulativeShift(shifts) {
  let [worst, sum, first, last] = [0, 0, -Infinity, -Infinity];
  for (const { at, value } of shifts) {
    if (at - last > 1000 || at - first > 5000) [sum, first] = [0, at];
    sum += value;
    last = at;
    worst = Math.max(worst, sum);
  }
  return worst;
}

/** Bytes of a script that ran. Ranges are nested: the innermost says. */
function ranBytes({ source, functions }) {
  const ran = new Uint8Array(source.length);
  const ranges = functions.flatMap((one) => one.ranges).sort((a, b) => b.endOffset - b.startOffset - (a.endOffset - a.startOffset));
  for (const { startOffset, endOffset, count } of ranges) ran.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  return ran.reduce((sum, one) => sum + one, 0);
}

/** For all pages of a context. */
export async function watchLoadings(context) {
  await context.addInitScript(watch);
}

async function checkScripts(page, where, spared) {
  const scripts = [];
  const draws = spared || (await page.locator(".canvas").count()) > 0;
  for (const script of await page.coverage.stopJSCoverage()) {
    const { length } = script.source ?? "";
    if (length < LARGE_BYTES) continue;
    const share = ranBytes(script) / length;
    const name = new URL(script.url).pathname.split("/").pop();
    scripts.push(`${name} ${Math.round(share * 100)} %`);
    check(draws || share >= LEAST_RUN, `${where}: ${name} has ${length} bytes, of which ${Math.round(share * 100)} % run: it is not needed here`);
  }
  return scripts;
}

async function checkHead(page, where) {
  const head = await page.evaluate(() => ({
    title: document.title, lang: document.documentElement.lang,
    viewport: document.querySelector("meta[name=viewport]")?.content ?? "",
    description: document.querySelector("meta[name=description]")?.content ?? "",
  }));
  check(/\S+.* \u00b7 Roofscape$/.test(head.title), `${where}: is called '${head.title}'`);
  check(/^[a-z]{2}/.test(head.lang), `${where}: its language is '${head.lang}'`);
  check(/width=device-width/.test(head.viewport) && !/user-scalable=no|maximum-scale=1/.test(head.viewport), `${where}: its viewport is '${head.viewport}'`);
  check(head.description.length > 20, `${where}: its description is '${head.description}'`);
}

/**
 * Goes there and looks how it loads. `ready`: until the page is. `scripts`: also what of them runs, but
 * not `spared` ones, which are fetched ahead for a chart that this store has no figures for.
 */
export async function load(page, address, where, ready, { scripts = false, spared = false } = {}) {
  if (scripts) await page.coverage.startJSCoverage();
  await page.goto(address);
  await ready(page);
  // What was seen is told with the next frame.
  await page.waitForFunction(() => window.roofscapeLoading.fcp !== null);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const seen = await page.evaluate(() => ({
    ...window.roofscapeLoading,
    bytes: performance.getEntriesByType("resource").reduce((sum, entry) => sum + entry.encodedBodySize, 0),
  }));
  const shift = cumulativeShift(seen.shifts);
  const worst = [...seen.shifts].sort((a, b) => b.value - a.value).slice(0, 3).map(({ value, moved }) => `${value.toFixed(3)} ${moved.join(" ")}`);
  check(shift <= MOST_SHIFT, `${where}: its layout shifts by ${shift.toFixed(3)}, more than ${MOST_SHIFT}: ${worst.join("; ")}`);
  told.push({ where, ...seen, shift, scripts: scripts ? await checkScripts(page, where, spared) : [] });
  await checkHead(page, where);
}

/** A line a page. */
export function tellLoadings() {
  const ms = (value) => (value === null ? "-" : value.toFixed(0)).padStart(6);
  console.log(`${"page".padEnd(44)} FCP ms LCP ms TBT ms  shift     kB  large scripts, share that ran`);
  for (const one of told)
    console.log(`${one.where.padEnd(44)} ${ms(one.fcp)} ${ms(one.lcp)} ${ms(one.blocked)}  ${one.shift.toFixed(3)} ${ms(one.bytes / 1000)}  ${one.scripts.join(", ")}`);
}
