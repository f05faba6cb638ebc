import { describe, expect, test } from "vitest";
import { extent } from "../src/chart/plot";
import { pixel, share } from "../src/chart/view";
import type { StudyGain } from "../src/data/types";
import { signed, times } from "../src/format/numbers";
import { gainPlot, gainTable, pairCells } from "../src/pages/codesign/gain_plot";
import { heatPlot, letterOf } from "../src/pages/codesign/heat";
import { dearestOf } from "../src/pages/codesign/portability";

function layer(name: string, share: number, with_: Record<string, number>): StudyGain["layers"][number] {
  const times_together = Object.fromEntries(Object.entries(with_).map(([other, log]) => [other, Math.exp(log)]));
  return { layer: name, share, least: share, most: share, low80: share * 0.9, high80: share * 1.1, measured: name === "price", ground: "published", log_together: with_, times_together };
}

const GAIN: StudyGain = {
  schema: "roofscape-attribution-1", objective: "tokens_per_usd", spent: "", model: "m", interactivity_tps: 50,
  a: { name: "a", value: 1, usd_per_mtok: 1, plan: "" }, b: { name: "b", value: 2, usd_per_mtok: 0.5, plan: "" },
  gain: 2, gain_low80: 1.5, gain_high80: 2.5, draws: 4,
  layers: [layer("silicon", 4, { price: 0 }), layer("price", 0.5, { silicon: 0.3 })],
  waterfall: [
    { layer: "silicon", from: 1, to: 4, low80: 3.6, high80: 4.4 },
    { layer: "price", from: 4, to: 2, low80: 1.8, high80: 2.2 },
  ],
  measured: null,
};

describe("the waterfall", () => {
  test("has a bar a layer and one for all, each where the server says", () => {
    const plot = gainPlot(GAIN);
    const boxes = plot.layers.filter((one) => one.kind === "boxes").map((one) => one.at.slice(0, 2));
    expect(boxes).toEqual([[1, 4], [2, 4], [1, 2]]);
    expect(plot.y.names).toEqual(["all together", "price", "silicon"]);
    expect(plot.layers.filter((one) => one.kind === "whiskers")).toHaveLength(3);
  });

  test("leaves room for words right of the bars", () => {
    const plot = gainPlot(GAIN);
    const [low, high] = extent({ ...plot, room: undefined }).x;
    expect(extent(plot).x[1]).toBeCloseTo(high + (high - low) * 0.16);
  });

  test("is a table with the same figures", () => {
    const { columns, rows } = gainTable(GAIN);
    expect(rows.map((row) => row[columns.indexOf("to_times")])).toEqual([4, 2]);
    expect(rows.map((row) => row[columns.indexOf("measured")])).toEqual([false, true]);
  });

  test("tells each pair once, and nothing in the cell of two that are apart", () => {
    expect(pairCells(GAIN)).toEqual([{ row: 1, column: 0, depth: 0.3 / Math.log(2), paint: 0, text: "1.3" }]);
  });
});

describe("a matrix", () => {
  test("has its first row on top, and its cells can be pointed at", () => {
    const cell = (row: number, column: number) => ({ row, column, depth: 0.5, paint: 1 as const, text: `${row}${column}` });
    const plot = heatPlot([cell(0, 0), cell(0, 1), cell(1, 0)], { rows: ["a", "b"], columns: ["x", "y"], rowTitle: "r", columnTitle: "c", left: 100 });
    expect(plot.hits).toEqual({ x: [0, 1, 0], y: [1, 1, 0], of: [0, 1, 2] });
    const range = extent(plot);
    const size = { width: 400, height: 200, left: 100 };
    const [px, py] = pixel(size, range, 1, 0);
    expect(px).toBeGreaterThan(100);
    const [u, v] = share(size, px, py);
    expect([u, v].map((at) => at.toFixed(2))).toEqual(["0.75", "0.25"]);
  });

  test("has letters for machines", () => {
    expect([0, 5, 25, 26].map(letterOf)).toEqual(["A", "F", "Z", "A1"]);
  });
});

test("factors and signs are told", () => {
  expect(times(1.234)).toBe("1.23 \u00d7");
  expect(times(null)).toBe("\u2013");
  expect(signed(-1)).toBe("\u22121.00");
  expect(signed(0.397)).toBe("+0.397");
});

describe("portability", () => {
  test("begins at the speed of which its headline speaks: where a move costs most", () => {
    expect(dearestOf([{ loss: [[0, 0.1], [0, 0]] }, { loss: [[0, null], [0.3, 0]] }, { loss: [[0, 0.2], [0, 0]] }])).toBe(1);
    expect(dearestOf([{ loss: [[0, null]] }, { loss: [[-0.1, 0]] }])).toBe(0);
  });
});
