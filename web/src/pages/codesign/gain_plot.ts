import type { Tip } from "../../chart/chart";
import type { Table } from "../../chart/csv";
import { leftOfNames, type Layer, type Plot } from "../../chart/plot";
import type { StudyGain } from "../../data/types";
import { interval, times } from "../../format/numbers";
import { heatPlot, letterOf, type HeatCell } from "./heat";

type LayerOf = StudyGain["layers"][number];

export const ABOUT: Record<string, string> = {
  silicon: "peaks of arithmetic",
  memory: "bandwidth and size",
  fabric: "links, and how many chips they join",
  kernels: "the engine, and what of its peaks a chip's kernels reach",
  precision: "of weights and cache",
  layout: "how the model is laid out, on how many chips",
  disaggregation: "whether prompts and answers may be apart",
  scheduler: "prompt tokens of a step",
  speculation: "drafts",
  price: "what a chip-second costs",
};

export function groundOf(layer: LayerOf): string {
  return layer.measured ? "measured, in part" : layer.ground;
}

const PAINT = { measured: 2, published: 0, fitted: 1 } as const;

export function paintOf(layer: LayerOf): number {
  return layer.measured ? PAINT.measured : PAINT[layer.ground];
}

const GROW = 0.34;

/** From 1 at the top to the gain at the bottom, a layer a bar. */
export function gainPlot(gain: StudyGain): Plot {
  const names = [...gain.waterfall.map((step) => step.layer), "all together"];
  const rowOf = (place: number) => names.length - 1 - place;
  const layers: Layer[] = [];
  const hits = { x: [] as number[], y: [] as number[], of: [] as number[] };
  const bar = (place: number, from: number, to: number, paint: Layer["paint"]) =>
    layers.push({ kind: "boxes", paint, opacity: 0.8, at: [Math.min(from, to), Math.max(from, to), rowOf(place) - GROW, rowOf(place) + GROW] });
  const whisker = (place: number, low: number | null, high: number | null) => {
    if (low !== null && high !== null) layers.push({ kind: "whiskers", paint: "ink", at: [low, high, rowOf(place), rowOf(place)] });
  };
  gain.waterfall.forEach((step, place) => {
    const layer = gain.layers.find((one) => one.layer === step.layer)!;
    bar(place, step.from, step.to, paintOf(layer));
    layers.push({ kind: "line", paint: "soft", width: 1, at: [step.to, rowOf(place) - GROW, step.to, rowOf(place + 1) + GROW] });
    whisker(place, step.low80, step.high80);
    layers.push({ kind: "tag", paint: "ink", text: times(layer.share), at: [Math.max(step.from, step.to, step.high80 ?? 0), rowOf(place)] });
    hits.x.push(step.to);
    hits.y.push(rowOf(place));
    hits.of.push(place);
  });
  const last = names.length - 1;
  bar(last, 1, gain.gain, "ink");
  whisker(last, gain.gain_low80, gain.gain_high80);
  layers.push({ kind: "tag", paint: "ink", text: times(gain.gain), at: [Math.max(gain.gain, gain.gain_high80 ?? 0), rowOf(last)] });
  return {
    x: { name: "times", title: "times what A gives, logarithmic", unit: "", kind: "log" },
    y: { name: "layer", title: "", unit: "", kind: "linear", names: names.reverse() },
    layers,
    hits,
    left: leftOfNames(names),
    room: 0.16,
  };
}

export function gainTip(gain: StudyGain, place: number): Tip {
  const layer = gain.layers.find((one) => one.layer === gain.waterfall[place]!.layer)!;
  return {
    title: layer.layer,
    rows: [
      ["share", times(layer.share)],
      ["over all orders", `${times(layer.least)} to ${times(layer.most)}`],
      ...(layer.low80 === null ? [] : [["80 % of draws", interval(layer.low80, layer.high80, "")] as [string, string]]),
      ["known", groundOf(layer)],
    ],
  };
}

export function gainTable(gain: StudyGain): Table {
  return {
    columns: ["layer", "share_times", "least_of_all_orders_times", "most_of_all_orders_times", "low80_times", "high80_times", "from_times", "to_times", "ground", "measured"],
    rows: gain.waterfall.map((step) => {
      const layer = gain.layers.find((one) => one.layer === step.layer)!;
      return [layer.layer, layer.share, layer.least, layer.most, layer.low80, layer.high80, step.from, step.to, layer.ground, layer.measured];
    }),
  };
}

/** The deepest colour: two layers that bring half or twice as much together. */
const DEEP = Math.log(2);

/** Two digits, for cells are small; nothing where the two have nothing to do with each other. */
function pairText(times: number): string {
  return Math.abs(times - 1) < 0.005 ? "" : times.toPrecision(2);
}

export function pairCells(gain: StudyGain): HeatCell[] {
  return gain.layers.flatMap((a, row) =>
    gain.layers.flatMap((b, column): HeatCell[] => {
      const log = a.log_together[b.layer];
      if (row <= column || log === undefined) return [];
      return [{ row, column, depth: Math.abs(log) / DEEP, paint: log >= 0 ? 0 : 1, text: pairText(a.times_together[b.layer]!) }];
    }),
  );
}

export function pairPlot(gain: StudyGain): Plot {
  const rows = gain.layers.map(({ layer }, place) => `${layer} ${letterOf(place)}`);
  return heatPlot(pairCells(gain), {
    rows,
    columns: gain.layers.map((_, place) => letterOf(place)),
    rowTitle: "",
    columnTitle: "with the layer of that letter",
    left: leftOfNames(rows),
  });
}

export function pairTip(gain: StudyGain, place: number): Tip {
  const cell = pairCells(gain)[place]!;
  const [a, b] = [gain.layers[cell.row]!, gain.layers[cell.column]!];
  return { title: `${a.layer} and ${b.layer}`, rows: [["together, over one by one", times(a.times_together[b.layer])]] };
}

export function pairTable(gain: StudyGain): Table {
  return {
    columns: ["layer", "with", "together_times"],
    rows: pairCells(gain).map(({ row, column }) => {
      const [a, b] = [gain.layers[row]!, gain.layers[column]!];
      return [a.layer, b.layer, a.times_together[b.layer]];
    }),
  };
}
