// A prediction as a plot: the curve with its 80 % intervals, and measured rows of the same deployment.
import type { Tip } from "../chart/chart";
import type { Table as CsvTable } from "../chart/csv";
import type { Layer, Plot, Scale } from "../chart/plot";
import type { Predict } from "../data/types";
import { count, interval, quantity } from "../format/numbers";
import { LOOKS } from "../parts/known";

type Point = Predict["points"][number];
type Measured = Predict["measured"][number];
type Figure = Point["ttft_mean_s"];

interface AxisOf {
  value: string;
  label: string;
  title: string;
  unit: string;
  direction: "higher" | "lower";
  of: (point: Point) => Figure | null;
  measured: (row: Measured) => number | null;
}

export const X_AXES: AxisOf[] = [
  { value: "interactivity_tps", label: "interactivity", title: "interactivity", unit: "tokens/s/user", direction: "higher", of: (point) => point.interactivity_tps, measured: (row) => row.interactivity_tps },
  { value: "ttft_mean_s", label: "first token", title: "time to the first token, mean", unit: "s", direction: "lower", of: (point) => point.ttft_mean_s, measured: (row) => row.ttft_s },
  { value: "e2e_mean_s", label: "whole answer", title: "time of the answer, mean", unit: "s", direction: "lower", of: (point) => point.e2e_mean_s, measured: () => null },
];

export const Y_AXES: AxisOf[] = [
  { value: "total_tps_per_chip", label: "throughput", title: "total throughput per chip", unit: "tokens/s/chip", direction: "higher", of: (point) => point.total_tps_per_chip, measured: (row) => row.total_tps_per_chip },
  { value: "usd_per_mtok_total", label: "cost", title: "cost of a million tokens", unit: "USD/Mtok", direction: "lower", of: (point) => point.usd_per_mtok_total, measured: () => null },
];

function scale(axis: AxisOf, log: boolean): Scale {
  const { title, unit, direction, value: name } = axis;
  return log ? { name, title, unit, direction, kind: "log" } : { name, title, unit, direction, kind: "linear", from: 0 };
}

export function predictPlot(predict: Predict, x: AxisOf, y: AxisOf): Plot {
  const hits = { x: [] as number[], y: [] as number[], of: [] as number[] };
  const at: number[] = [];
  const band: number[] = [];
  const bars: number[] = [];
  predict.points.forEach((point, i) => {
    const px = x.of(point);
    const py = y.of(point);
    if (!px || !py) return;
    at.push(px.value, py.value);
    band.push(px.value, py.low80, py.high80);
    bars.push(px.low80, px.high80, py.value, py.value);
    hits.x.push(px.value);
    hits.y.push(py.value);
    hits.of.push(i);
  });
  const rows: number[] = [];
  predict.measured.forEach((row, i) => {
    const px = x.measured(row);
    const py = y.measured(row);
    if (px === null || py === null) return;
    rows.push(px, py);
    hits.x.push(px);
    hits.y.push(py);
    hits.of.push(predict.points.length + i);
  });
  const look = LOOKS.predicted;
  const layers: Layer[] = [
    { kind: "band", paint: 0, at: band },
    { kind: "whiskers", paint: 0, at: bars },
    { kind: "line", paint: 0, dash: look.dash, width: 2, at },
    { kind: "points", paint: 0, symbol: look.symbol, fill: look.fill, size: 9, at },
    { kind: "points", paint: 1, symbol: "circle", fill: "solid", size: 9, at: rows },
  ];
  return { x: scale(x, x.unit === "s"), y: scale(y, y.direction === "lower"), layers: layers.filter((layer) => layer.at.length > 0), hits };
}

export function predictTip(predict: Predict, place: number): Tip {
  const point = predict.points[place];
  if (!point) {
    const row = predict.measured[place - predict.points.length]!;
    return {
      title: `Measured, ${count(row.concurrency)} users`,
      rows: [["throughput", quantity(row.total_tps_per_chip, "tokens/s/chip")], ["interactivity p50", quantity(row.interactivity_tps, "tokens/s/user")], ["TTFT p50", quantity(row.ttft_s, "s")]],
    };
  }
  const row = (name: string, figure: Figure, unit: string): [string, string] => [name, `${quantity(figure.value, unit)} (${interval(figure.low80, figure.high80, "")})`];
  return {
    title: `Predicted, ${count(point.concurrency)} users`,
    rows: [
      row("throughput", point.total_tps_per_chip, "tokens/s/chip"),
      row("interactivity", point.interactivity_tps, "tokens/s/user"),
      ["TTFT", `${quantity(point.ttft_mean_s.value, "s")} (${interval(point.ttft_mean_s.low80, point.ttft_mean_s.high80, "s")})`],
    ],
  };
}

export function predictTable(predict: Predict): CsvTable {
  const figures: [string, (point: Point) => Figure | null][] = [
    ["ttft_mean_s", (point) => point.ttft_mean_s], ["tpot_mean_s", (point) => point.tpot_mean_s],
    ["interactivity_tps", (point) => point.interactivity_tps], ["e2e_mean_s", (point) => point.e2e_mean_s],
    ["total_tps_per_chip", (point) => point.total_tps_per_chip], ["usd_per_mtok_total", (point) => point.usd_per_mtok_total],
  ];
  return {
    columns: ["known", "concurrency", ...figures.flatMap(([name]) => [name, `low80_${name}`, `high80_${name}`])],
    rows: [
      ...predict.points.map((point) => ["predicted", point.concurrency, ...figures.flatMap(([, of]) => {
        const figure = of(point);
        return figure ? [figure.value, figure.low80, figure.high80] : [null, null, null];
      })]),
      ...predict.measured.map((row) => ["measured", row.concurrency, row.ttft_s, null, null, null, null, null, row.interactivity_tps, null, null, null, null, null, row.total_tps_per_chip, null, null, null, null, null]),
    ],
  };
}
