import type { Table as CsvTable } from "../chart/csv";
import type { Layer, Plot } from "../chart/plot";
import { LOOKS } from "../parts/known";
import type { History, Way } from "../data/types";
import { scaleOf, stairs } from "./frontier_plot";

type RawStep = History["groups"][number]["trends"][number]["steps"][number];

export interface Step {
  key: string;
  group: string;
  paint: number;
  way: Way;
  /** The record that still stands. */
  last: boolean;
  step: RawStep;
}

export function stepsOf(history: History): Step[] {
  return history.groups.flatMap((group, paint) =>
    group.trends.flatMap((trend, t) =>
      trend.steps.map((step, i) => ({
        key: `${paint} ${t} ${i}`,
        group: group.name,
        paint,
        way: trend.way as Way,
        last: i === trend.steps.length - 1,
        step,
      })),
    ),
  );
}

const timeOf = (text: string) => Date.parse(`${text.slice(0, 10)}T00:00:00Z`);

export function historyPlot(history: History, steps: Step[], log: boolean): Plot {
  const layers: Layer[] = [];
  history.groups.forEach((group, paint) => {
    for (const trend of group.trends) {
      const x = trend.steps.map((step) => timeOf(step.from));
      const y = trend.steps.map((step) => step.value);
      const look = LOOKS[trend.way as Way];
      // A record stands until the next one: stairs that turn at the new day.
      if (x.length > 1) layers.push({ kind: "line", paint, dash: look.dash, at: stairs(x, y, false) });
      layers.push({ kind: "points", paint, symbol: look.symbol, fill: look.fill, size: 9, at: x.flatMap((value, i) => [value, y[i]!]) });
      if (x.length > 0) layers.push({ kind: "tag", paint, text: String(paint + 1), at: [x[x.length - 1]!, y[y.length - 1]!] });
    }
  });
  return {
    x: { name: "day", title: "day of the measurement", unit: "", kind: "time" },
    y: scaleOf(history.best, log ? "log" : "linear"),
    layers,
    hits: { x: steps.map((one) => timeOf(one.step.from)), y: steps.map((one) => one.step.value), of: steps.map((_, i) => i) },
  };
}

export function historyTable(history: History, steps: Step[]): CsvTable {
  return {
    columns: ["group", "way", "from_day", history.best.name, history.floor.name, "gain_fraction", "label", "layout", "changed", "run_url", "id"],
    rows: steps.map(({ group, way, step }) => [
      group, way, step.from, step.value, step.at, step.gain, step.label, step.layout,
      step.changed.map((change) => `${change.field}: ${change.was} -> ${change.now}`).join("; "), step.run_url, step.id,
    ]),
  };
}
