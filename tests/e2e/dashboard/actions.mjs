// What one does on the dashboard: ask, choose, open, copy, save, go back.
import { DESK, go, param, saved } from "./act.mjs";
import { check, settled, watchedPage } from "./harness.mjs";

// Of the imported rows: several chips, with prices and run links.
const MODEL = "model=deepseek-v3";

/**
 * From the first page, of a store whose own runs are of another model: the cheapest measured
 * configuration at 50 tokens/s of another model, 8k in and 1k out, and its recipe, within three clicks.
 */
async function checkThreeClicks(page, base) {
  await go(page, base, "");
  let clicks = 0;
  const choose = async (label, value) => {
    const select = page.getByLabel(label, { exact: true });
    if ((await select.inputValue()) === value) return;
    clicks += 1;
    await select.selectOption(value);
    await page.waitForFunction(([name, wanted]) => new URL(location).searchParams.get(name) === wanted, [label === "Model" ? "model" : "shape", value]);
    await settled(page);
  };
  await choose("Model", "deepseek-v3");
  await choose("Tokens", "8192/1024");
  check((await page.getByLabel("Each user at least, tokens/s").inputValue()) === "50", "the usual target is not 50 tokens/s");
  const first = await page.locator(".best-box h1").textContent();
  check(first.trim().length > 3, "the answer names no configuration");
  const cost = await page.locator(".best-box .figures dd b").first().textContent();
  check(/^\$[\d.]/.test(cost.trim()), `the answer's cost reads '${cost}'`);
  const sure = await page.locator(".best-box .facts").textContent();
  check(/Instrument.?not audited/.test(sure), `of imported rows the instrument is called otherwise: ${sure}`);
  check(/Next best.+(too close to tell|more than re-runs differ by)/.test(sure), `whether the next one is worse is not told: ${sure}`);
  check((await page.getByRole("link", { name: "The run that made it" }).getAttribute("href")).startsWith("https://"), "there is no link to the run");
  clicks += 1;
  await page.getByRole("button", { name: /^Copy the/ }).first().click();
  await page.getByRole("button", { name: /Copied/ }).first().waitFor();
  check(clicks <= 3, `that took ${clicks} clicks`);
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  check(copied.length > 20, `the copied recipe is '${copied}'`);
}

async function checkHistoryOfAddress(page, base) {
  await go(page, base, `?interactivity_tps=20&${MODEL}`);
  const before = await page.locator("main h1").textContent();
  await page.getByLabel("Each user at least, tokens/s").fill("1000000");
  await page.keyboard.press("Enter");
  await page.getByText(/Nothing known gives/).waitFor();
  check(param(page, "interactivity_tps") === "1000000", `the address says ${page.url()}`);
  await page.goBack();
  await settled(page);
  await page.locator(".best-box h1").waitFor();
  check((await page.locator("main h1").textContent()) === before, "going back shows another answer");
  await page.goForward();
  await page.getByText(/Nothing known gives/).waitFor();
}

async function checkPoint(page, base) {
  await go(page, base, `?view=frontier&${MODEL}`);
  const rows = page.getByRole("region", { name: "Points" }).locator("tr[data-row]");
  await rows.first().focus();
  await page.keyboard.press("ArrowDown");
  await page.waitForFunction(() => document.activeElement?.dataset.row === "1");
  await page.keyboard.press("Enter");
  await page.getByRole("complementary", { name: "The chosen point" }).waitFor();
  const id = param(page, "point");
  check(Boolean(id), "an opened point is not in the address");
  await page.reload();
  await settled(page);
  const panel = page.getByRole("complementary", { name: "The chosen point" });
  await panel.getByText("Where it comes from").waitFor();
  for (const part of ["How to get it again", "What ran"]) check(await panel.getByText(part).isVisible(), `the panel lacks '${part}'`);
  await panel.getByRole("button", { name: "Close the point" }).click();
  await panel.waitFor({ state: "detached" });
  check(param(page, "point") === null, "a closed point stays in the address");
}

/** Places on the page where the chart has a filled mark: blocks of one colour that no line fills. */
async function marksOf(canvas) {
  return canvas.evaluate((element) => {
    const drawn = [...element.querySelectorAll("canvas")].find(({ width }) => width > 0);
    const box = drawn.getBoundingClientRect();
    const scale = drawn.width / box.width;
    const { data, width, height } = drawn.getContext("2d").getImageData(0, 0, drawn.width, drawn.height);
    const at = (x, y) => data.slice((y * width + x) * 4, (y * width + x) * 4 + 4).join();
    const bright = (colour) => {
      const [r, g, b, alpha] = colour.split(",").map(Number);
      return alpha > 200 && Math.max(r, g, b) - Math.min(r, g, b) > 60;
    };
    const places = [];
    const size = Math.round(4 * scale);
    for (let y = 0; y < height - size; y += 2)
      for (let x = 0; x < width - size; x += 2) {
        const colour = at(x, y);
        if (!bright(colour)) continue;
        const block = Array.from({ length: size * size }, (_, i) => at(x + (i % size), y + Math.floor(i / size)));
        if (block.every((one) => one === colour)) places.push({ x: box.x + (x + size / 2) / scale, y: box.y + (y + size / 2) / scale });
      }
    return places;
  });
}

async function checkCanvas(page, base) {
  await go(page, base, `?view=frontier&points=front&${MODEL}`);
  const canvas = page.locator(".canvas").first();
  const marks = await marksOf(canvas);
  check(marks.length > 0, "the chart has no filled mark");
  for (const mark of marks.slice(0, 1)) {
    await page.mouse.move(mark.x, mark.y);
    await page.locator(".tip").waitFor();
    await page.mouse.click(mark.x, mark.y);
    await page.getByRole("complementary", { name: "The chosen point" }).waitFor();
  }
  const reset = page.getByRole("button", { name: "Reset" }).first();
  check(await reset.isDisabled(), "the chart can be reset before it was moved");
  await canvas.focus();
  await page.keyboard.press("+");
  check(await reset.isEnabled(), "plus does not zoom");
  await page.keyboard.press("0");
  check(await reset.isDisabled(), "0 does not show all");
}

async function checkExports(page, base) {
  await go(page, base, `?view=frontier&${MODEL}`);
  const png = await saved(page, "Save the chart as PNG");
  check(png.bytes.subarray(1, 4).toString() === "PNG" && png.bytes.length > 20_000, `${png.name} is no picture of ${png.bytes.length} bytes`);
  const svg = await saved(page, "Save the chart as SVG");
  const drawing = svg.bytes.toString();
  check(drawing.startsWith("<svg") && drawing.includes("tokens/s"), `${svg.name} lacks its units`);
  check(!drawing.includes("<script"), `${svg.name} holds a script`);
  const csv = await saved(page, "Save the figures as CSV");
  const [head, ...lines] = csv.bytes.toString().trim().split("\r\n");
  check(head.includes("interactivity_p50_tps") && head.includes("total_tps_per_chip"), `${csv.name} begins '${head}'`);
  const told = await page.locator("section h2:has-text('Every point') + p").textContent();
  check(told.startsWith(`${lines.length.toLocaleString("en-US")} point`), `${csv.name} has ${lines.length} rows, the page says ${told}`);
  const title = await page.locator(".canvas").first().getAttribute("aria-label");
  check(/against/.test(title), `the chart is called '${title}'`);
}

async function checkControls(page, base) {
  await go(page, base, `?view=frontier&${MODEL}`);
  await page.getByLabel("log y").click();
  check(param(page, "log") !== null, "a logarithmic axis is not in the address");
  const series = page.getByRole("list", { name: "Series" }).getByRole("button", { pressed: true });
  const lit = await series.count();
  await series.first().click();
  await page.waitForFunction((n) => document.querySelectorAll('.legend [aria-pressed="true"]').length === n, lit - 1);
  await page.getByRole("button", { name: /^Theme/ }).click();
  check((await page.evaluate(() => document.documentElement.dataset.theme)) === "dark", "the theme does not change");
  await page.reload();
  check((await page.evaluate(() => document.documentElement.dataset.theme)) === "dark", "the theme is forgotten");
  await settled(page);
  await page.evaluate(() => localStorage.clear());
  await page.keyboard.press("Tab");
  check((await page.evaluate(() => document.activeElement?.className)) === "skip", "the first stop of the keyboard is not the skip link");
  await page.keyboard.press("Enter");
  check((await page.evaluate(() => document.activeElement?.id)) === "main", "the skip link leads nowhere");
}

async function checkFilter(page, base) {
  await go(page, base, `?view=frontier&${MODEL}`);
  const chip = page.locator("details.multi").first();
  await chip.locator("summary").click();
  await chip.locator("input").first().click();
  await settled(page);
  check(param(page, "chip") !== null, "a filter is not in the address");
  await page.keyboard.press("Escape");
  check(!(await chip.evaluate((element) => element.open)), "Escape does not close the filter");
}

async function checkPredict(page, base) {
  await go(page, base, "?view=predict&model=llama-3.1-70b&chip=h200-sxm");
  await page.locator(".bar-map").first().waitFor();
  const before = await page.locator("main h1").textContent();
  const slider = page.getByLabel("Tensor parallel");
  await slider.focus();
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction((old) => document.querySelector("main h1").textContent !== old, before);
  check(param(page, "tp") === "8", `after the slider the address says tp=${param(page, "tp")}`);
}

async function checkWrong(page, base) {
  page.expected.push(/status of 4\d\d/);
  await go(page, base, "?view=frontier&x=nonsense_s");
  const words = await page.getByRole("alert").textContent();
  check(/nonsense_s/.test(words), `the server's words are not shown: ${words}`);
  await go(page, base, "?view=runs&run=no-such-run");
  check((await page.getByRole("alert").count()) === 1, "a run that is not there gives no message");
  await go(page, base, "?view=nowhere");
  await page.getByText("There is no page 'nowhere'").waitFor();
  page.expected = [];
}

async function checkHostile(page, base) {
  await go(page, base, "?view=runs");
  await page.getByText("<script>document.title='owned'</script>").first().waitFor();
  await page.locator("tr[data-row]").first().click();
  await page.getByText("Audit of the instrument").waitFor();
  await settled(page);
  check((await page.title()).endsWith("Roofscape"), "a script from outside text ran");
}

/** From the fleet to a failed point's cure, a run and its recipe; and what happens meanwhile shows. */
async function checkFleet(page, base) {
  await go(page, base, "?view=fleet");
  await page.getByRole("link", { name: "nightly", exact: true }).first().click();
  const points = page.getByRole("region", { name: "Points of the campaign" }).locator("tbody tr");
  await points.first().waitFor();
  check((await points.count()) === 24, `the campaign has ${await points.count()} points`);
  check(await page.getByText("host node-3 is set aside").isVisible(), "the host set aside is not told");
  await page.getByRole("radio", { name: "failed" }).check({ force: true });
  await page.waitForFunction(() => document.querySelectorAll("[aria-label='Points of the campaign'] tbody tr").length === 2);
  check(param(page, "status") === "failed", "the state is not in the address");
  check(/memory.*Cure: fewer slots/.test(await points.first().textContent()), "a failed point has no cure");
  await page.getByRole("radio", { name: "done" }).check({ force: true });
  const recipe = await saved(page, /^Download the recipe of/);
  check(recipe.name.endsWith(".sh") && recipe.bytes.toString().startsWith("#!"), `the recipe ${recipe.name} is no script`);
  await points.first().getByRole("link").click();
  await page.getByText("Audit of the instrument").waitFor();
  await go(page, base, "?view=fleet");
  await page.getByRole("link", { name: "every night" }).click();
  await page.getByText(/total_tps_per_chip .10 %/).waitFor();
  check(await page.getByText(/engine version/).first().isVisible(), "what changed with a regression is not told");
}

/** What the server's events tell of the fleet is asked for at once, on the page that is open. */
async function checkFollowing(page, base) {
  let asked = 0;
  await page.route(/api\/v1\/fleet$/, async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    asked += 1;
    if (asked > 1) body.campaigns[0].done = 10;
    await route.fulfill({ response, json: { ...body, fleet: asked > 1 ? 1_000_000 : body.fleet } });
  });
  await page.route(/api\/v1\/live\/events/, async (route) => {
    const live = { generation: 1, now: "2026-11-30T00:00:00Z", fleet: 1_000_000, queue: [], runs: [], recent: [] };
    await route.fulfill({ contentType: "text/event-stream", body: `event: live\ndata: ${JSON.stringify(live)}\n\n` });
  });
  await go(page, base, "?view=fleet");
  await page.getByText(/^10 of 24 points done/).waitFor();
  check(asked >= 2, "news of the fleet are not asked for");
}

/** A server that wants a token: the page asks for it, and shows nothing before. */
export async function checkToken(browser, base, token) {
  const context = await browser.newContext({ viewport: DESK });
  const page = await watchedPage(context, base, "token");
  page.expected.push(/status of 401/);
  await page.goto(base);
  await page.getByText("A token is needed").waitFor();
  await page.getByLabel("Token").fill("wrong");
  await page.getByRole("button", { name: "Use it in this tab" }).click();
  await page.getByText("A token is needed").waitFor();
  check((await page.locator(".best-box").count()) === 0, "a wrong token shows an answer");
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Use it in this tab" }).click();
  await page.locator("main .controls").first().waitFor();
  await page.goto(`${base}?view=live`);
  await page.getByText(/Nothing runs/).waitFor();
  await context.close();
}

/**
 * A server that starts runs for who has the token: a wrong one is told, the right one is kept, and the
 * run that then fails for want of a server says so.
 */
export async function checkQueue(browser, base, token) {
  const context = await browser.newContext({ viewport: DESK });
  const page = await watchedPage(context, base, "queue");
  page.expected.push(/status of 40[01]/);
  await page.goto(`${base}?view=live`);
  await settled(page);
  const form = page.getByRole("form", { name: "Start a run" });
  await form.getByLabel("Server on this machine").fill("http://127.0.0.1:9");
  await form.getByLabel("Users at once").fill("1,2");
  await form.getByLabel("Token that serve showed").fill("wrong");
  await form.getByRole("button", { name: "Measure" }).click();
  await page.getByText(/runs are started with a token/).waitFor();
  await form.getByLabel("Token that serve showed").fill(token);
  await form.getByRole("button", { name: "Measure" }).click();
  const list = page.getByRole("list", { name: "Runs started here" });
  await list.getByText("failed").waitFor();
  check((await list.textContent()).includes("127.0.0.1:9"), "a run that failed does not say why");
  check((await form.getByLabel("Token that serve showed").count()) === 0, "the token is asked for again");
  await form.getByLabel("Server on this machine").fill("http://example.org");
  await form.getByRole("button", { name: "Measure" }).click();
  await page.getByText(/no address of this machine/).waitFor();
  check((await list.getByRole("listitem").count()) === 1, "a refused run stands in the queue");
  await context.close();
}

export const ACTIONS = [checkThreeClicks, checkHistoryOfAddress, checkPoint, checkCanvas, checkExports, checkControls, checkFilter, checkPredict, checkFleet, checkFollowing, checkWrong, checkHostile];
