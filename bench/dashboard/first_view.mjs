// The dashboard in a real browser over an archive of many points: how long from the start of the
// server to the first view, and how long a frame takes while one moves and filters. From the root of
// the repository, on an idle machine:
//
//   node bench/dashboard/first_view.mjs ROOFSCAPE [POINTS] [STARTS]     default 100000 5
//
// POINTS made-up rows in the shape that InferenceX publishes are imported into a store in a folder
// for temporary files. Each start is a new process of the server and a new profile of the browser,
// which itself runs already; the file system's cache is warm. Needs web/node_modules and Chromium.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { failures, run, serve, settled, tools, watchedPage } from "../../tests/e2e/dashboard/harness.mjs";
import { checkMany, firstView, movingFrames } from "../../tests/e2e/dashboard/many_points.mjs";

const CHIPS = ["b200", "h200", "h100", "gb200", "mi300x", "mi355x"];
const ENGINES = ["sglang", "vllm", "trt"];
const MODELS = ["dsr1", "gptoss120b", "llama70b", "glm5", "qwen3.5"];
const PRECISIONS = ["fp8", "fp4"];
const SHAPES = [[8192, 1024], [1024, 1024], [1024, 8192]];
const LOADS = [4, 8, 16, 32, 64, 128, 256];

/** Row `i`: all kinds in turn, a day later each time round. */
function row(i) {
  let rest = i;
  const next = (from) => {
    const one = from[rest % from.length];
    rest = Math.floor(rest / from.length);
    return one;
  };
  const conc = next(LOADS);
  const [hardware, framework, precision, shape, model] = [next(CHIPS), next(ENGINES), next(PRECISIONS), next(SHAPES), next(MODELS)];
  const day = new Date(Date.UTC(2025, 0, 1) + rest * 86_400_000).toISOString().slice(0, 10);
  const noise = 0.9 + 0.2 * (((i * 7919) % 1000) / 1000);
  const tpot = (0.004 + 0.0004 * conc) / noise;
  const rate = noise * (400 + 90 * conc ** 0.8) * (1 + CHIPS.indexOf(hardware) / 3);
  const times = { tpot, ttft: 0.1 + 0.01 * conc, e2el: tpot * shape[1], intvty: 1 / tpot };
  const metrics = { tput_per_gpu: rate, output_tput_per_gpu: rate / 9, input_tput_per_gpu: (rate * 8) / 9 };
  for (const [name, value] of Object.entries(times))
    for (const stat of ["mean", "median", "p99"]) metrics[`${stat}_${name}`] = value;
  return {
    hardware, framework, model, precision, spec_method: "none", disagg: false, is_multinode: false, isl: shape[0], osl: shape[1], conc, image: "example/image:1",
    prefill_tp: 8, prefill_ep: 1, prefill_dp_attention: false, prefill_num_workers: 0, decode_tp: 8, decode_ep: 1, decode_dp_attention: false, decode_num_workers: 0,
    num_prefill_gpu: 8, num_decode_gpu: 8, metrics, workers: null, date: day, run_url: `https://example.org/runs/${i}`,
  };
}

const sorted = (values) => [...values].sort((a, b) => a - b);
const spread = (values) => `${sorted(values)[Math.floor(values.length / 2)]} ms the middle one, ${Math.min(...values)} to ${Math.max(...values)}`;

const [, , roofscape, points = "100000", starts = "5"] = process.argv;
const { missing, executablePath, chromium } = tools(join(dirname(fileURLToPath(import.meta.url)), "../.."));
if (missing || !roofscape) {
  console.error(missing ?? "first_view: name the program: node bench/dashboard/first_view.mjs build/release/roofscape");
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), "roofscape-first-view-"));
let browser;
let server;
try {
  const file = join(folder, "rows.json");
  writeFileSync(file, `[${Array.from({ length: Number(points) }, (_, i) => JSON.stringify(row(i))).join(",\n")}]`);
  const database = join(folder, "store.db");
  const began = Date.now();
  await run(roofscape, "import", "inferencex", file, "--db", database);
  console.log(`${points} points imported in ${Date.now() - began} ms`);
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  for (const [name, query] of [["Answer", ""], ["Frontier", "?view=frontier"]]) {
    const [up, whole, shown] = [[], [], []];
    for (let i = 0; i < Number(starts); i += 1) {
      const before = Date.now();
      server = await serve(roofscape, database);
      up.push(Date.now() - before);
      shown.push(await firstView(browser, server.address, query));
      whole.push(Date.now() - before);
      server.stop();
    }
    console.log(`${name}: from the start of the server to the first view ${spread(whole)}; of that until it listens ${spread(up)}, and from the browser's asking to its showing ${spread(shown)}; the rest makes it a new profile; promised 1000`);
  }
  server = await serve(roofscape, database);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await watchedPage(context, server.address, "the archive");
  await page.goto(`${server.address}?view=frontier`);
  await settled(page);
  await movingFrames(page, `what a page shows of ${points} points`);
  await context.close();
  // As many points on one page as no server sends.
  await checkMany(browser, server.address);
} finally {
  await browser?.close();
  server?.stop();
  rmSync(folder, { recursive: true, force: true });
}
for (const failure of failures) console.log(`FAILED: ${failure}`);
process.exit(failures.length > 0 ? 1 : 0);
