// What every action on the dashboard does: goes somewhere, saves a file, reads the address.
import { readFileSync } from "node:fs";
import { check, settled, watchedPage } from "./harness.mjs";

export const DESK = { width: 1280, height: 800 };

export const param = (page, name) => new URL(page.url()).searchParams.get(name);

/** Until the view is there, and a study in it is done or says why not. */
export async function computed(page) {
  await settled(page);
  await page.waitForFunction(() => !document.querySelector('main progress[aria-label="How far the study is"]'), null, { timeout: 90_000 });
  await settled(page);
}

export async function go(page, base, query) {
  await page.goto(base + query);
  await computed(page);
}

export async function saved(page, name) {
  const waiting = page.waitForEvent("download");
  await page.getByRole("button", { name }).first().click();
  const download = await waiting;
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

/** Each on a page of its own; one that breaks is a failure and keeps no other from its turn. */
export async function runActions(browser, base, actions, options = {}) {
  const context = await browser.newContext({ viewport: DESK, acceptDownloads: true, ...options });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: new URL(base).origin });
  for (const action of actions) {
    const page = await watchedPage(context, base, action.name);
    page.setDefaultTimeout(30_000);
    try {
      await action(page, base);
    } catch (error) {
      check(false, `${action.name}: ${error.message}`);
    }
    await page.close();
  }
  await context.close();
}
