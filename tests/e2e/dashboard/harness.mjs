// What the dashboard's tests stand on: a store, a server, a browser that notices everything.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join } from "node:path";

const WAIT_MS = 60_000; // Machines that test may be busy.
const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];

export const failures = [];

export function check(condition, what) {
  if (!condition) failures.push(what);
}

/** What a program prints; others go on meanwhile. */
export function run(program, ...words) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"], timeout: 240_000 });
    const told = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"]) child[name].on("data", (bytes) => (told[name] += bytes));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(told.stdout);
      else reject(new Error(`${program} ${words.join(" ")}: exit status ${code}\n${told.stderr}`));
    });
  });
}

/** Does all jobs, so many at a time. A job that throws is a failure. */
export async function together(lanes, jobs) {
  const waiting = [...jobs];
  const lane = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      try {
        await job();
      } catch (error) {
        failures.push(String(error.stack ?? error));
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** Tells how long a part of the test took. */
export async function timed(what, work) {
  const began = Date.now();
  const done = await work();
  console.log(`${((Date.now() - began) / 1000).toFixed(1)} s: ${what}`);
  return done;
}

/** The browser and its tools, or why there are none. */
export function tools(source) {
  const executablePath = BROWSERS.find(existsSync);
  if (!executablePath) return { missing: "no Chromium: tools/setup --test" };
  const require = createRequire(join(source, "web", "package.json"));
  try {
    return { executablePath, chromium: require("playwright-core").chromium, axe: require("axe-core").source };
  } catch {
    return { missing: "web/node_modules has no playwright-core: tools/setup" };
  }
}

/** `roofscape serve` on a free port; resolves with its address. */
export async function serve(roofscape, database, ...more) {
  const child = spawn(roofscape, ["serve", "--db", database, "--port", "0", "--rate-limit", "100000", ...more], { stdio: ["ignore", "ignore", "pipe"] });
  let told = "";
  const address = await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`serve named no address: ${told}`)), WAIT_MS);
    child.stderr.on("data", (bytes) => {
      told += bytes;
      const found = /http:\/\/[^\s]+/.exec(told);
      if (found && told.includes("\n")) {
        clearTimeout(late);
        resolve(found[0].replace(/\/?$/, "/"));
      }
    });
    child.on("exit", (code) => reject(new Error(`serve ended with ${code}: ${told}`)));
  });
  return { address, told, stop: () => child.kill("SIGTERM") };
}

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json" };

/** A plain file host, with the folder below a path of its own as such hosts have it. */
export async function host(folder) {
  const prefix = "/some/place/";
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://host").pathname;
    const name = path.endsWith("/") ? `${path}index.html` : path;
    const file = join(folder, decodeURIComponent(name.slice(prefix.length)));
    if (!name.startsWith(prefix) || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
    response.end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { address: `http://127.0.0.1:${server.address().port}${prefix}`, stop: () => server.close() };
}

/** A page that writes down what goes wrong in it: words on the console, errors, requests elsewhere. */
export async function watchedPage(context, base, name) {
  const page = await context.newPage();
  const origin = new URL(base).origin;
  page.called = name;
  page.expected = [];
  page.on("console", (message) => {
    const text = `${message.text()} ${message.location()?.url ?? ""}`;
    const meant = page.expected.some((pattern) => pattern.test(text));
    if (["error", "warning"].includes(message.type()) && !meant) failures.push(`${page.called}: console says: ${text}`);
  });
  page.on("pageerror", (error) => failures.push(`${page.called}: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !/^(data|blob):/.test(url)) failures.push(`${page.called}: asks ${url}, which is elsewhere`);
  });
  return page;
}

/** Until the view is there: a heading, and nothing that still waits. */
export async function settled(page) {
  await page.waitForFunction(
    () => document.querySelector("main h1, main .empty h2, main [role=alert]") && !document.querySelector("main .wait, main .stale"),
    null, { timeout: WAIT_MS },
  );
  await page.waitForFunction(() => [...document.querySelectorAll(".canvas > div")].every((one) => one.dataset.ready !== "false"), null, { timeout: WAIT_MS });
}

/** `only`: rules to look by instead of all. Targets of fingers count where `touch` says so. */
export async function accessible(page, axe, name, { only = null, touch = false } = {}) {
  await page.evaluate(`window.axe ?? (() => { ${axe} })()`);
  const options = { resultTypes: ["violations"], rules: { "target-size": { enabled: touch } } };
  if (only) options.runOnly = { type: "rule", values: only };
  const found = await page.evaluate((how) => window.axe.run(document, how), options);
  for (const violation of found.violations)
    if (["serious", "critical"].includes(violation.impact))
      failures.push(`${name}: axe: ${violation.id}: ${violation.nodes.slice(0, 3).map((node) => `${node.target.join(" ")} ${node.failureSummary ?? ""}`).join(" | ")}`);
}

export async function picture(page, pictures, name, full = false) {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: full });
}
