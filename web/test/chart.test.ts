import { describe, expect, test } from "vitest";
import { dots } from "../src/chart/cloud";
import { csvOf } from "../src/chart/csv";
import { extent, leftOfNames, type Plot, type Scale } from "../src/chart/plot";
import { ticksOf } from "../src/chart/ticks";
import { moved, nearest, zoomed } from "../src/chart/view";
import { letterOf, plotOf as frontierPlot, stairs, type Shown } from "../src/pages/frontier_plot";

const straight: Scale = { name: "x", title: "x", unit: "", kind: "linear" };
const logarithmic: Scale = { ...straight, kind: "log" };

function plotOf(x: number[], y: number[], kind: "linear" | "log" = "linear"): Plot {
  const scale = { ...straight, kind };
  const at = x.flatMap((value, i) => [value, y[i]!]);
  return { x: scale, y: scale, layers: [{ kind: "points", paint: 0, symbol: "circle", fill: "solid", size: 9, at }], hits: { x, y, of: x.map((_, i) => i) } };
}

describe("ticks", () => {
  test("are round, within, and few", () => {
    for (let i = 0; i < 300; i += 1) {
      const low = (i - 150) * 3.7;
      const high = low + 10 ** ((i % 9) - 3);
      const ticks = ticksOf(straight, low, high, 8);
      expect(ticks.length).toBeGreaterThan(1);
      expect(ticks.length).toBeLessThanOrEqual(9);
      for (const tick of ticks) expect(tick.at >= low - 1e-9 && tick.at <= high + 1e-9).toBe(true);
    }
  });

  test("of a logarithmic axis are 1, 2, 5 where there is room", () => {
    expect(ticksOf(logarithmic, Math.log10(9), Math.log10(210), 6).map((tick) => tick.text)).toEqual(["10", "20", "50", "100", "200"]);
    expect(ticksOf(logarithmic, 0, 12, 6).length).toBeLessThanOrEqual(6);
    // Deep in a decade, too.
    expect(ticksOf(logarithmic, Math.log10(101), Math.log10(104), 5).length).toBeGreaterThan(1);
  });

  test("of dates are days or months", () => {
    const time: Scale = { ...straight, kind: "time" };
    const texts = ticksOf(time, Date.UTC(2026, 0, 3), Date.UTC(2026, 5, 3), 8).map((tick) => tick.text);
    expect(texts).toEqual(["2026-02", "2026-03", "2026-04", "2026-05", "2026-06"]);
  });
});

describe("what is in sight", () => {
  const size = { width: 800, height: 400 };

  test("holds every mark; a logarithmic axis leaves out what it cannot show", () => {
    const range = extent(plotOf([1, 5, 9], [2, 4, 8]));
    expect(range.x[0]).toBeLessThan(1);
    expect(range.y[1]).toBeGreaterThan(8);
    const logRange = extent(plotOf([0, 10, 100], [1, 10, 100], "log"));
    expect(logRange.x[0]).toBeGreaterThan(0.8);
  });

  test("zooming out undoes zooming in, moving back undoes moving", () => {
    const range = { x: [0, 10] as [number, number], y: [2, 4] as [number, number] };
    const there = zoomed(zoomed(range, [0.3, 0.6], 0.5), [0.3, 0.6], 2);
    expect(there.x[0]).toBeCloseTo(0, 9);
    expect(there.y[1]).toBeCloseTo(4, 9);
    expect(moved(moved(range, 0.25, -0.5), -0.25, 0.5)).toEqual(range);
  });

  test("nearest is the slow definition's", () => {
    const x = Array.from({ length: 200 }, (_, i) => (i * 37) % 101);
    const y = Array.from({ length: 200 }, (_, i) => (i * 53) % 97);
    const plot = plotOf(x, y);
    const range = extent(plot);
    for (let px = 70; px < 760; px += 61) {
      const found = nearest(plot, range, size, px, 200, 1e9);
      const far = (i: number) => {
        const sx = 62 + ((x[i]! - range.x[0]) / (range.x[1] - range.x[0])) * (800 - 62 - 28);
        const sy = 10 + (1 - (y[i]! - range.y[0]) / (range.y[1] - range.y[0])) * (400 - 40);
        return (sx - px) ** 2 + (sy - 200) ** 2;
      };
      const least = Math.min(...x.map((_, i) => far(i)));
      expect(far(found)).toBeCloseTo(least, 6);
    }
    expect(nearest(plot, range, size, -500, -500, 14)).toBe(-1);
  });
});

describe("csv", () => {
  test("quotes what must be, leaves numbers, keeps formulas from running", () => {
    const text = csvOf({ columns: ["name", "ttft_p50_s"], rows: [['a "b", c', 0.5], ["=1+1", -2], [null, undefined], ["x\ny", NaN]] });
    expect(text).toBe('name,ttft_p50_s\r\n"a ""b"", c",0.5\r\n\'=1+1,-2\r\n,\r\n"x\ny",\r\n');
  });
});

describe("frontiers", () => {
  test("stairs: at a target the next point that meets it", () => {
    // More x is better: between 10 and 20 the point at 20 counts.
    expect(stairs([10, 20], [9, 4], true)).toEqual([10, 9, 10, 4, 20, 4]);
    // Less x is better: between 1 and 2 seconds the point at 1 counts.
    expect(stairs([1, 2], [4, 9], false)).toEqual([1, 4, 2, 4, 2, 9]);
  });

  test("letters go on after Z", () => {
    expect([0, 25, 26, 51, 52].map(letterOf)).toEqual(["A", "Z", "AA", "AZ", "BA"]);
  });
});

test("names have room beside a chart", () => {
  // In DejaVu Sans, the widest of the usual fonts, these take 117.2 and 121.9 pixels at 12 px; 8 stay free.
  expect(leftOfNames(["compute", "memory bandwidth"])).toBeGreaterThanOrEqual(117.2 + 8);
  expect(leftOfNames(["structure usd per kg"])).toBeGreaterThanOrEqual(121.9 + 8);
  expect(leftOfNames([])).toBe(16);
});

describe("a cloud", () => {
  const size = { width: 200, height: 100 };
  const range = { x: [0, 1] as [number, number], y: [0, 1] as [number, number] };
  const drawn = (at: number[], sharp = 1) => {
    const pixels = { width: size.width * sharp, height: size.height * sharp, data: new Uint8ClampedArray(size.width * size.height * sharp * sharp * 4) };
    dots(pixels, Float64Array.from(at), range, size, sharp, [200, 100, 50]);
    return pixels;
  };
  const painted = ({ data }: { data: Uint8ClampedArray }) => data.filter((value, i) => i % 4 === 3 && value > 0).length;

  test("has a square a point, in its colour, see-through", () => {
    const pixels = drawn([0.5, 0.5]);
    expect(painted(pixels)).toBe(9);
    const first = pixels.data.findIndex((value) => value > 0);
    expect([...pixels.data.slice(first, first + 4)]).toEqual([200, 100, 50, 102]);
    expect(painted(drawn([0.5, 0.5], 2))).toBe(36);
  });

  test("leaves out what lies there already, out of sight, or nowhere", () => {
    expect(painted(drawn([0.5, 0.5, 0.5, 0.5]))).toBe(9);
    expect(painted(drawn([-0.1, 0.5, 1.1, 0.5, 0.5, 7, NaN, 0.5, 0.5, Infinity]))).toBe(0);
  });

  test("of two layers shows both", () => {
    const pixels = drawn([0.5, 0.5]);
    dots(pixels, Float64Array.from([0.5, 0.5]), range, size, 1, [0, 0, 250]);
    const first = pixels.data.findIndex((value) => value > 0);
    const [red, , blue, opacity] = pixels.data.slice(first, first + 4);
    expect(red).toBeGreaterThan(50);
    expect(blue).toBeGreaterThan(130);
    expect(opacity).toBe(Math.round(255 * (1 - 0.6 * 0.6)));
  });
});

describe("a frontier as a plot", () => {
  const points = {
    id: ["a", "b", "c", "d", "e"], x: [1, 2, null, 4, 5], y: [5, 4, 3, 2, 1], on_front: [true, false, false, true, true],
    verdict: ["VALID", "VALID", "VALID", "INVALID", "VALID"], layout: [0, 1, 0, 0, 1], x_low: [], x_high: [], y_low: [], y_high: [],
  };
  const series = { label: "s", key: { way: "measured" }, points, front: [], predicted: null } as unknown as Shown["series"];
  const axis = { name: "x", title: "x", unit: "", direction: "higher" };
  const answer = { x: axis, y: axis, at: null } as unknown as Parameters<typeof frontierPlot>[0];
  const marks = (colourBy: "series" | "layout") =>
    frontierPlot(answer, [{ series, letter: "A", paint: 3, on: true }], { xKind: "linear", yKind: "linear", curve: false, frontOnly: false, colourBy })
      .plot.layers.flatMap((layer) => (layer.kind === "points" ? [`${layer.fill} ${layer.paint}: ${layer.at.join(" ")}`] : []));

  test("has its points by look and colour, each once, whatever order they come in", () => {
    expect(marks("series")).toEqual(["faint 3: 2 4", "solid 3: 1 5 5 1", "hollow 3: 4 2"]);
    expect(marks("layout")).toEqual(["faint 1: 2 4", "solid 0: 1 5", "hollow 0: 4 2", "solid 1: 5 1"]);
  });
});
