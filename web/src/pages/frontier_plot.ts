// A frontier answer as a plot. Which mark stands for what is known how is in parts/known.
import type { Table as CsvTable } from "../chart/csv";
import type { Layer, Plot, Scale, ScaleKind } from "../chart/plot";
import { isDoubtful, LOOKS } from "../parts/known";
import type { Axis, Frontier, Series } from "../data/types";

/** A series as the page shows it: its letter and its colour do not change when others are hidden. */
export interface Shown {
  series: Series;
  letter: string;
  paint: number;
  on: boolean;
}

export interface PointRef {
  shown: Shown;
  i: number;
}

export type ColourBy = "series" | "chip" | "engine" | "precision" | "speculative" | "layout";

/** 0 -> A, 25 -> Z, 26 -> AA. */
export function letterOf(place: number): string {
  const last = String.fromCharCode(65 + (place % 26));
  return place < 26 ? last : letterOf(Math.floor(place / 26) - 1) + last;
}

/** The best first, by the reading at the target; those without one by their best frontier point. */
export function ranked(answer: Frontier): Series[] {
  const up = answer.y.direction !== "lower";
  const first = (series: Series) => {
    const values = series.front.map((i) => series.points.y[i]).filter((y): y is number => y !== null && y !== undefined);
    return values.length === 0 ? null : up ? Math.max(...values) : Math.min(...values);
  };
  const order = (a: number | null, b: number | null) =>
    a === null || b === null ? Number(a === null) - Number(b === null) : up ? b - a : a - b;
  return [...answer.series].sort(
    (a, b) => order(a.reading?.step?.y ?? null, b.reading?.step?.y ?? null) || order(first(a), first(b)),
  );
}

export function paintsBy(series: Series[], by: ColourBy): number[] {
  if (by === "series" || by === "layout") return series.map((_, place) => place);
  const values: string[] = [];
  return series.map(({ key }) => {
    if (!values.includes(key[by])) values.push(key[by]);
    return values.indexOf(key[by]);
  });
}

export function scaleOf(axis: Axis, kind: ScaleKind): Scale {
  const { name, title, unit, direction } = axis;
  return kind === "linear" ? { name, title, unit, direction, kind, from: 0 } : { name, title, unit, direction, kind };
}

/** The stairs of a frontier: at each target the best measured point that meets it. */
export function stairs(x: number[], y: number[], higher: boolean): number[] {
  const path: number[] = [];
  for (let i = 0; i < x.length; i += 1) {
    if (i > 0) path.push(higher ? x[i - 1]! : x[i]!, higher ? y[i]! : y[i - 1]!);
    path.push(x[i]!, y[i]!);
  }
  return path;
}

interface Options {
  xKind: ScaleKind;
  yKind: ScaleKind;
  curve: boolean;
  /** Only what is on the frontier. */
  frontOnly: boolean;
  colourBy: ColourBy;
}

interface Group {
  paint: number;
  symbol: (typeof LOOKS)["measured"]["symbol"];
  fill: "solid" | "hollow" | "faint";
  at: number[];
}

export interface Drawn {
  plot: Plot;
  /** hits.of counts in here. */
  refs: PointRef[];
}

export function plotOf(answer: Frontier, shown: Shown[], options: Options): Drawn {
  const refs: PointRef[] = [];
  const groups = new Map<string, Group>();
  const under: Layer[] = [];
  const over: Layer[] = [];
  const hits = { x: [] as number[], y: [] as number[], of: [] as number[] };
  const groupOf = (fill: Group["fill"], symbol: Group["symbol"], paint: number): Group => {
    const name = `${fill} ${symbol} ${paint}`;
    const known = groups.get(name);
    if (known) return known;
    const made: Group = { paint, symbol, fill, at: [] };
    groups.set(name, made);
    return made;
  };
  for (const one of shown) {
    if (!one.on) continue;
    const { points, key } = one.series;
    const look = LOOKS[key.way];
    // Most points are of the group of the one before, and there may be 100,000.
    let group: Group | null = null;
    for (let i = 0; i < points.id.length; i += 1) {
      const ref = refs.push({ shown: one, i }) - 1;
      const x = points.x[i];
      const y = points.y[i];
      if (x == null || y == null || (options.frontOnly && !points.on_front[i])) continue;
      const fill = !points.on_front[i] ? "faint" : isDoubtful(points.verdict[i]) ? "hollow" : look.fill;
      const paint = options.colourBy === "layout" ? points.layout[i]! : one.paint;
      if (group === null || group.fill !== fill || group.paint !== paint) group = groupOf(fill, look.symbol, paint);
      group.at.push(x, y);
      hits.x.push(x);
      hits.y.push(y);
      hits.of.push(ref);
    }
    under.push(...linesOf(answer, one, options.curve));
    over.push(...tagsOf(one));
  }
  const marks: Layer[] = [...groups.values()]
    .sort((a, b) => Number(a.fill !== "faint") - Number(b.fill !== "faint"))
    .map((group) => ({ kind: "points", size: group.fill === "faint" ? 6 : 9, ...group }));
  const lines = answer.at === null ? [] : [{ x: answer.at, text: "target" }];
  return {
    refs,
    plot: {
      x: scaleOf(answer.x, options.xKind),
      y: scaleOf(answer.y, options.yKind),
      layers: [...under, ...marks, ...over],
      hits,
      lines,
    },
  };
}

function frontOf(series: Series): { x: number[]; y: number[]; i: number[] } {
  const i = series.front.filter((place) => series.points.x[place] != null && series.points.y[place] != null);
  return { i, x: i.map((place) => series.points.x[place]!), y: i.map((place) => series.points.y[place]!) };
}

function linesOf(answer: Frontier, { series, paint }: Shown, curve: boolean): Layer[] {
  const look = LOOKS[series.key.way];
  const { x, y, i } = frontOf(series);
  const layers: Layer[] = [];
  const at = curve ? x.flatMap((value, k) => [value, y[k]!]) : stairs(x, y, answer.x.direction !== "lower");
  if (at.length > 2) layers.push({ kind: "line", paint, dash: look.dash, width: curve ? 1.5 : 2, opacity: 0.7, at });
  const { x_low, x_high, y_low, y_high } = series.points;
  const bars: number[] = [];
  for (const place of i) {
    const px = series.points.x[place]!;
    const py = series.points.y[place]!;
    if (y_low[place] != null && y_high[place] != null) bars.push(px, px, y_low[place]!, y_high[place]!);
    if (x_low[place] != null && x_high[place] != null) bars.push(x_low[place]!, x_high[place]!, py, py);
  }
  if (bars.length) layers.push({ kind: "whiskers", paint, at: bars });
  return [...layers, ...overlayOf(series, paint)];
}

function overlayOf(series: Series, paint: number): Layer[] {
  const model = series.predicted;
  if (!model) return [];
  const look = LOOKS.predicted;
  const at = model.x.flatMap((x, i) => [x, model.y[i]!]);
  return [
    { kind: "band", paint, at: model.x.flatMap((x, i) => [x, model.y_low[i]!, model.y_high[i]!]) },
    { kind: "line", paint, dash: look.dash, width: 1.5, at },
    { kind: "points", paint, symbol: look.symbol, fill: look.fill, size: 8, at },
  ];
}

function tagsOf({ series, letter, paint }: Shown): Layer[] {
  const { x, y } = frontOf(series);
  if (x.length === 0) return [];
  return [{ kind: "tag", paint, text: letter, at: [x[x.length - 1]!, y[y.length - 1]!] }];
}

export function frontierCsv(answer: Frontier, refs: PointRef[]): CsvTable {
  const columns = [
    "series", "model", "shape", "chip", "engine", "precision", "speculative", "protocol", "way",
    answer.x.name, `low95_${answer.x.name}`, `high95_${answer.x.name}`,
    answer.y.name, `low95_${answer.y.name}`, `high95_${answer.y.name}`,
    "concurrency", "rate_rps", "chips", "layout", "measured_day", "verdict", "on_front", "excluded", "id",
  ];
  const rows = refs.map(({ shown: { series }, i }) => {
    const { key, points } = series;
    return [
      series.label, key.model, key.shape, key.chip, key.engine, key.precision, key.speculative, key.protocol, key.way,
      points.x[i], points.x_low[i], points.x_high[i], points.y[i], points.y_low[i], points.y_high[i],
      points.concurrency[i], points.rate_rps[i], points.chips[i], answer.layouts[points.layout[i]!], points.measured[i],
      points.verdict[i], points.on_front[i], points.excluded[i], points.id[i],
    ];
  });
  return { columns, rows };
}
