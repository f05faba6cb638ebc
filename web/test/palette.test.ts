import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const css = readFileSync(new URL("../src/style/tokens.css", import.meta.url), "utf8");

/** Relative luminance of "#rrggbb", https://www.w3.org/TR/WCAG21/#dfn-relative-luminance */
function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const share = parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((one, other) => other - one);
  return (high! + 0.05) / (low! + 0.05);
}

// axe leaves out letters that stand alone, so that only a store of 27 series would show it.
test("letters can be read on the colours of all series, light and dark", () => {
  const blocks = css.split("{").slice(1).map((block) => Object.fromEntries([...block.matchAll(/--(\w+): (#[0-9a-f]{6})\b/g)].map((found) => [found[1]!, found[2]!])));
  const themes = blocks.filter((block) => block["paper"] && block["s0"]);
  expect(themes.length).toBeGreaterThanOrEqual(2);
  for (const theme of themes)
    for (let i = 0; i < 8; i += 1) expect(contrast(theme["paper"]!, theme[`s${i}`]!), `s${i} ${theme[`s${i}`]} on ${theme["paper"]}`).toBeGreaterThanOrEqual(4.5);
});
