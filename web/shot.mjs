import { chromium } from "playwright-core";
const [,, base, out, ...views] = process.argv;
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
for (const [name, w, h] of [["desk", 1280, 800], ["phone", 390, 844]]) {
  if (process.env.ONLY && process.env.ONLY !== name) continue;
  const page = await browser.newPage({ viewport: { width: w, height: h }, colorScheme: process.env.DARK ? "dark" : "light" });
  page.on("console", m => ["error","warning"].includes(m.type()) && console.log(name, "console", m.text()));
  page.on("response", r => r.status() >= 400 && console.log(name, r.status(), r.url()));
  page.on("pageerror", e => console.log(name, "pageerror", e.message));
  for (const v of views) {
    const [label, query] = v.split("=", 1).length && v.includes("::") ? v.split("::") : [v, `?view=${v}`];
    await page.goto(base + query); await page.waitForTimeout(900);
    await page.screenshot({ path: `${out}/${label}-${name}.png`, fullPage: !!process.env.FULL });
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (over > 0) console.log(label, name, "overflows by", over);
  }
}
await browser.close();
