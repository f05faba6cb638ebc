// What a chart shows, told apart from how it is drawn: layers of marks over two axes. The same plot is
// drawn on a canvas, into an SVG and a PNG, and written as CSV.

export type ScaleKind = "linear" | "log" | "time";

export interface Scale {
  /** The metric, ending in its unit: the head of a CSV column. */
  name: string;
  title: string;
  unit: string;
  kind: ScaleKind;
  /** Which way is better; told beside the title. */
  direction?: "higher" | "lower" | "neither";
  /** The axis begins here whatever the data say. */
  from?: number;
  /** Names in place of numbers, at 0, 1, 2 ... */
  names?: string[];
}

export type Symbol = "circle" | "diamond" | "triangle" | "square" | "cross";
/** solid: it counts. hollow: degraded or not measured. faint: takes no part. */
export type Fill = "solid" | "hollow" | "faint";

/** A colour of the palette by place, or one of the page's own. */
export type Paint = number | "ink" | "soft" | "rule" | "good" | "warn" | "bad";

export type Layer =
  | { kind: "points"; paint: Paint; symbol: Symbol; fill: Fill; size: number; at: number[] }
  | { kind: "line"; paint: Paint; dash?: number[]; width?: number; opacity?: number; at: number[] }
  /** A surface between two edges: x, low, high, one after the other. */
  | { kind: "band"; paint: Paint; opacity?: number; at: number[] }
  /** Intervals: x low, x high, y low, y high, all of one mark. */
  | { kind: "whiskers"; paint: Paint; at: number[] }
  /** Boxes: x0, x1, y0, y1. */
  | { kind: "boxes"; paint: Paint; opacity?: number; at: number[] }
  | { kind: "tag"; paint: Paint; text: string; at: [number, number]; centred?: boolean };

/** A mark that can be pointed at, by its place in the page's own list. */
export interface Hits {
  x: number[];
  y: number[];
  of: number[];
}

export interface Plot {
  x: Scale;
  y: Scale;
  layers: Layer[];
  hits: Hits;
  /** Pixels left of it, where names along it need more than numbers do. */
  left?: number;
  /** Share of the width to leave right of the marks, for words beside them. */
  room?: number;
  /** Vertical lines: targets and borders. */
  lines?: { x: number; text: string }[];
}

export interface Range {
  x: [number, number];
  y: [number, number];
}

/** Where a value lies along an axis before it is stretched to pixels. NaN: nowhere. */
export function along(scale: Scale, value: number): number {
  if (scale.kind !== "log") return value;
  return value > 0 ? Math.log10(value) : NaN;
}

export function back(scale: Scale, position: number): number {
  return scale.kind === "log" ? 10 ** position : position;
}

function widen(range: [number, number], position: number): void {
  if (!Number.isFinite(position)) return;
  if (position < range[0]) range[0] = position;
  if (position > range[1]) range[1] = position;
}

const STRIDE: Record<Layer["kind"], { n: number; x: number[]; y: number[] }> = {
  points: { n: 2, x: [0], y: [1] },
  line: { n: 2, x: [0], y: [1] },
  band: { n: 3, x: [0], y: [1, 2] },
  whiskers: { n: 4, x: [0, 1], y: [2, 3] },
  boxes: { n: 4, x: [0, 1], y: [2, 3] },
  tag: { n: 2, x: [0], y: [1] },
};

export function strideOf(layer: Layer): number {
  return STRIDE[layer.kind].n;
}

/** [px] The room that names need left of a plot, in the widest of the fonts that machines have. */
export function leftOfNames(names: string[]): number {
  return Math.round(16 + 7.6 * Math.max(0, ...names.map((name) => name.length)));
}

/** The range that holds every mark, in positions, with some room around. */
export function extent(plot: Plot): Range {
  const x: [number, number] = [Infinity, -Infinity];
  const y: [number, number] = [Infinity, -Infinity];
  for (const layer of plot.layers) {
    const { n, x: across, y: up } = STRIDE[layer.kind];
    for (let i = 0; i + n <= layer.at.length; i += n) {
      for (const k of across) widen(x, along(plot.x, layer.at[i + k]!));
      for (const k of up) widen(y, along(plot.y, layer.at[i + k]!));
    }
  }
  for (const line of plot.lines ?? []) widen(x, along(plot.x, line.x));
  const across = roomy(x, plot.x);
  if (plot.room) across[1] += (across[1] - across[0]) * plot.room;
  return { x: across, y: roomy(y, plot.y) };
}

function roomy(range: [number, number], scale: Scale): [number, number] {
  if (range[0] > range[1]) return scale.kind === "log" ? [0, 1] : [0, 1];
  if (scale.names) return [-0.5, scale.names.length - 0.5];
  let [low, high] = range;
  if (scale.from !== undefined) low = Math.min(low, along(scale, scale.from));
  const span = high - low || (scale.kind === "log" ? 0.5 : Math.abs(high) || 1);
  const room = span * 0.05;
  const atStart = scale.from !== undefined && low === along(scale, scale.from);
  return [atStart ? low : low - room, high + room];
}
