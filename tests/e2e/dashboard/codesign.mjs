// What one does on the co-design pages: follow a study until it is done, choose, save, sketch.
import { computed, go, param, saved } from "./act.mjs";
import { check } from "./harness.mjs";

async function checkStories(page, base) {
  await go(page, base, "?view=codesign");
  const links = page.locator("ol.cards h2 a");
  check((await links.count()) === 3, `the stories are ${await links.count()}`);
  for (let i = 0; i < 3; i += 1) {
    await links.nth(i).click();
    await page.locator("article h1").waitFor();
    await computed(page);
    check((await page.locator("article .lead").count()) === 1, `story ${i + 1} has no headline`);
    check((await page.locator("article .canvas").count()) > 0, `story ${i + 1} has no chart`);
    check(await page.getByText("Sources and assumptions").isVisible(), `story ${i + 1} has no sources`);
    await page.goBack();
    await page.locator("ol.cards").waitFor();
  }
}

async function checkGain(page, base) {
  await go(page, base, "?view=codesign&part=gain");
  const bars = page.getByRole("region", { name: "Layers of the gain" }).locator("tbody tr");
  const layers = await bars.count();
  check(layers >= 4, `the gain has ${layers} layers`);
  const csv = (await saved(page, "Save the figures as CSV")).bytes.toString().trim().split("\r\n");
  check(csv.length === layers + 1 && csv[0].includes("share_times") && csv[0].includes("low80_times"), `the gain's CSV begins '${csv[0]}'`);
  // What the server computed: the last step ends at the gain that the headline tells.
  const end = Number(csv[csv.length - 1].split(",")[7]);
  const told = Number(/ gives ([\d.]+) times/.exec(await page.locator(".lead").textContent())[1]);
  check(Math.abs(end / told - 1) < 0.01, `the steps end at ${end}, the headline says ${told}`);
  const svg = (await saved(page, "Save the chart as SVG")).bytes.toString();
  check(svg.startsWith("<svg") && svg.includes("all together") && svg.includes("silicon"), "the waterfall's SVG lacks its names");
  const png = (await saved(page, "Save the chart as PNG")).bytes;
  check(png.subarray(1, 4).toString() === "PNG" && png.length > 10_000, `the waterfall's PNG has ${png.length} bytes`);
  check((await page.getByText("<b>markup</b> that stays text").count()) === 1, "markup of a study's text became markup");
  check((await page.locator("article pre").textContent()).includes("roofscape codesign --attribute"), "the command is not told");
}

async function checkPortability(page, base) {
  await go(page, base, "?view=codesign&part=portability&at=20");
  const before = await page.locator("figure h2").first().textContent();
  await page.getByRole("radio", { name: "60" }).check({ force: true });
  await page.waitForFunction((old) => document.querySelector("figure h2").textContent !== old, before);
  check(param(page, "at") === "60", `the speed is not in the address: ${page.url()}`);
  await page.getByRole("radio", { name: "grown up" }).check({ force: true });
  await page.getByText("Over now").waitFor();
  check(param(page, "kernels") === "grown", "the kernels are not in the address");
  await page.reload();
  await computed(page);
  await page.getByText("Over now").waitFor();
  const csv = (await saved(page, "Save the figures as CSV")).bytes.toString().trim().split("\r\n");
  check(csv.length === 3 && csv[1].split(",")[1] === "0", `at home a model loses '${csv[1]}'`);
}

async function checkOthers(page, base) {
  await go(page, base, "?view=codesign&part=machines");
  await page.getByRole("radio", { name: "8,192" }).check({ force: true });
  await page.waitForFunction(() => document.querySelector("figure h2").textContent.includes("8,192"));
  check(param(page, "input") === "8192", "the length is not in the address");
  await go(page, base, "?view=codesign&part=fabrics");
  check((await page.locator(".canvas").count()) === 2, "the fabrics have not two charts");
  await go(page, base, "?view=codesign&part=elasticities");
  const csv = (await saved(page, "Save the figures as CSV")).bytes.toString();
  check(/^input,elasticity,low80,high80/.test(csv) && csv.includes("memory_bandwidth,"), `the elasticities begin '${csv.slice(0, 60)}'`);
  await go(page, base, "?view=codesign&part=what-if");
  const parameters = page.getByRole("region", { name: "Parameters of the scenario" });
  check((await parameters.locator("tbody tr").count()) === 3, "the scenario's parameters are not three");
  await page.getByRole("link", { name: "A scenario that fails" }).click();
  const why = await page.getByRole("alert").textContent();
  check(/no-such-chip/.test(why), `a study that failed says '${why}'`);
}

async function checkSketch(page, base) {
  await go(page, base, "?view=codesign&part=sketch&model=llama-3.1-8b&chip=h200-sxm&chips=2");
  await page.getByRole("region", { name: "The sketch's frontier" }).waitFor();
  const before = await page.locator("main h1").textContent();
  const slider = page.getByLabel(/^Memory bandwidth/);
  await slider.focus();
  for (let i = 0; i < 3; i += 1) await page.keyboard.press("ArrowRight");
  await page.waitForFunction((old) => document.querySelector("main h1").textContent !== old, before);
  check(Number(param(page, "bandwidth_tb_s")) > 4.8, `after the slider the address says ${param(page, "bandwidth_tb_s")}`);
  await page.getByRole("radio", { name: "cost" }).check({ force: true });
  check(param(page, "y") === "usd_per_mtok_total", "the axis is not in the address");
  await page.getByRole("button", { name: "Back to the start" }).click();
  check(param(page, "bandwidth_tb_s") === null, "the start keeps a slider's place");
  page.expected.push(/status of 400/);
  await go(page, base, "?view=codesign&part=sketch&model=llama-3.1-8b&chip=h200-sxm&memory_gb=99999999");
  check(/memory_gb/.test(await page.getByRole("alert").textContent()), "a part out of bounds is not named");
}

export const CODESIGN_ACTIONS = [checkStories, checkGain, checkPortability, checkOthers, checkSketch];
