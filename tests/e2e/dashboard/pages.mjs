// Every page at the size of a desk and of a phone: it stands, fits, can be read by everyone, is quiet.
import { computed } from "./act.mjs";
import { accessible, check, picture, settled, watchedPage } from "./harness.mjs";
import { load, watchLoadings } from "./loading.mjs";

const SIZES = { desk: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };

// `empty`: also looked at on a store without anything. `dark`: also in dark colours, of each kind one.
export const SERVED = [
  { name: "answer", query: "", empty: true, dark: true },
  { name: "frontier", query: "?view=frontier", empty: true },
  { name: "frontier-predicted", query: "?view=frontier&overlay=predicted&log=xy&curve=1", dark: true },
  { name: "compare", query: "?view=compare", empty: true },
  { name: "compare-two", query: "?view=compare&side=engine=sglang&side=engine=vllm" },
  { name: "history", query: "?view=history", empty: true },
  { name: "intelligence", query: "?view=intelligence", empty: true },
  { name: "predict", query: "?view=predict", dark: true },
  { name: "runs", query: "?view=runs", empty: true },
  { name: "run", query: "?view=runs", open: true, dark: true },
  { name: "fleet", query: "?view=fleet", empty: true, dark: true },
  { name: "fleet-campaign", query: "?view=fleet&campaign=nightly", dark: true },
  { name: "fleet-entry", query: "?view=fleet&entry=every night" },
  { name: "catalog", query: "?view=catalog" },
  { name: "catalog-model", query: "?view=catalog&kind=models&id=deepseek-v3", dark: true },
  { name: "catalog-fabric", query: "?view=catalog&kind=fabrics&id=nvlink4-8" },
  { name: "catalog-prices", query: "?view=catalog&kind=prices" },
  { name: "live", query: "?view=live", empty: true },
  { name: "codesign", query: "?view=codesign", empty: true },
  { name: "codesign-gain", query: "?view=codesign&part=gain", dark: true },
  { name: "codesign-portability", query: "?view=codesign&part=portability", dark: true },
  { name: "codesign-machines", query: "?view=codesign&part=machines" },
  { name: "codesign-fabrics", query: "?view=codesign&part=fabrics" },
  { name: "codesign-elasticities", query: "?view=codesign&part=elasticities" },
  { name: "codesign-what-if", query: "?view=codesign&part=what-if" },
  { name: "codesign-sketch", query: "?view=codesign&part=sketch", dark: true },
  { name: "codesign-none", query: "?view=codesign&part=none" },
];

const ONLY_SERVED = ["frontier-predicted"];
export const PUBLISHED = SERVED.filter(({ name }) => !ONLY_SERVED.includes(name));
export const EMPTY = SERVED.filter(({ empty }) => empty).map((page) => ({ ...page, bare: true }));

// On a server that starts runs.
export const STARTING = [{ name: "live-start", query: "?view=live", bare: true, dark: true }];

async function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

async function look(page, axe, base, size, { name, query, open, dark, bare }, pictures) {
  const where = `${name} on a ${size}`;
  page.called = where;
  await load(page, base + query, where, computed, { scripts: size === "desk", spared: bare });
  if (open) {
    await page.locator("tr[data-row]").first().click();
    await page.waitForSelector("main h1");
    await settled(page);
  }
  check((await overflow(page)) <= 0, `${where}: wider than the window`);
  check((await page.locator("main h1, main .empty h2").count()) > 0, `${where}: no heading`);
  check((await page.locator("img[onerror]").count()) === 0, `${where}: an <img> came from outside text`);
  check((await page.title()) !== "owned", `${where}: a script from outside text ran`);
  await accessible(page, axe, where, { touch: size === "phone" });
  await picture(page, pictures, `${name}-${size}`);
  if (size === "desk" && dark) {
    await page.emulateMedia({ colorScheme: "dark" });
    // Of what a page is nothing changes with its colours but these.
    await accessible(page, axe, `${where} in the dark`, { only: ["color-contrast", "link-in-text-block"] });
    await page.emulateMedia({ colorScheme: "light" });
  }
}

/** In a window of its own: in one that others share a page waits for its frames. */
async function newPage(browser, base, size) {
  const context = await browser.newContext({ viewport: SIZES[size], colorScheme: "light" });
  await watchLoadings(context);
  return watchedPage(context, base, size);
}

/** A job a page. Those of one size take turns in as many windows as are needed at a time. */
export function pageJobs(browser, axe, base, pages, pictures, sizes = Object.keys(SIZES)) {
  return sizes.flatMap((size) => {
    const free = [];
    return pages.map((what) => async () => {
      const page = free.pop() ?? (await newPage(browser, base, size));
      await look(page, axe, base, size, what, pictures);
      free.push(page);
    });
  });
}
