// A frontier out of the packed columns of a published set.
import { listOf, type Query } from "./source";
import type * as T from "./types";

export interface SetEntry {
  model: string;
  shape: string;
  protocol: string;
  count: number;
  points: string;
  answer: string;
  rows: string;
  history: string;
}

export interface IndexFile {
  sets: SetEntry[];
  /** By filter and value: what people call it. */
  labels?: Record<string, Record<string, string>>;
}

type Columns = T.PointColumns;

export interface PointsFile {
  model: string;
  shape: string;
  protocol: string;
  layouts: string[];
  series: { key: T.Key; label: string; rows: number[] }[];
  columns: Pick<Columns, "id" | "concurrency" | "rate_rps" | "chips" | "layout" | "measured" | "verdict" | "excluded">;
  axes: T.Axis[];
  values: Record<string, (number | null)[]>;
  /** "X|Y" -> of each series the places of its frontier, by rising x. */
  fronts: Record<string, number[][]>;
}

const FACETS = ["chip", "engine", "precision", "speculative", "way"] as const;
type Facet = (typeof FACETS)[number];

export function fits(key: T.Key, query: Query, except?: Facet): boolean {
  return FACETS.every((name) => {
    const values = listOf(query[name]);
    return name === except || values.length === 0 || values.includes(key[name]);
  });
}

function facet(index: IndexFile, points: PointsFile, query: Query, name: Facet): T.Option[] {
  const counts = new Map<string, number>();
  for (const { key, rows } of points.series)
    if (fits(key, query, name)) counts.set(key[name], (counts.get(key[name]) ?? 0) + rows.length);
  const chosen = listOf(query[name]);
  return optionsOf(index, name, counts, (value) => chosen.includes(value));
}

function optionsOf(index: IndexFile, name: string, counts: Map<string, number>, selected: (value: string) => boolean): T.Option[] {
  return [...counts].map(([value, count]) => ({ value, label: index.labels?.[name]?.[value] ?? value, count, selected: selected(value) }));
}

function setOptions(index: IndexFile, sets: SetEntry[], name: "model" | "shape" | "protocol", chosen: string): T.Option[] {
  const counts = new Map<string, number>();
  for (const set of sets) counts.set(set[name], (counts.get(set[name]) ?? 0) + set.count);
  return optionsOf(index, name, counts, (value) => value === chosen);
}

export function facetsOf(index: IndexFile, set: SetEntry, points: PointsFile, query: Query): T.Facets {
  const ofModel = index.sets.filter((one) => one.model === set.model);
  const of = (name: Facet) => facet(index, points, query, name);
  return {
    model: setOptions(index, index.sets, "model", set.model),
    shape: setOptions(index, ofModel, "shape", set.shape),
    protocol: setOptions(index, ofModel.filter((one) => one.shape === set.shape), "protocol", set.protocol),
    chip: of("chip"), engine: of("engine"), precision: of("precision"), speculative: of("speculative"), way: of("way"),
    origin: [],
  };
}

export function rowQuery(set: SetEntry, query: Query): T.RowQuery {
  const defaulted = ["model", "shape", "protocol"].filter((name) => query[name] === undefined);
  const of = (name: string) => listOf(query[name]);
  return {
    model: [set.model], shape: [set.shape], protocol: [set.protocol],
    chip: of("chip"), engine: of("engine"), precision: of("precision"), speculative: of("speculative"), way: of("way"),
    origin: [], since: null, until: null, as_of: null, latest: false, all: false, defaulted,
  };
}

export function axisNamed(points: PointsFile, name: string): T.Axis {
  const axis = points.axes.find((one) => one.name === name);
  if (axis) return axis;
  return { name, unit: "", title: name, direction: "neither", digits: 3, group: "counts", derived: false };
}

function reading(at: number, x: T.Axis, front: number[], columns: Columns): T.Reading {
  const meets = front.filter((place) => {
    const value = columns.x[place];
    return value != null && (x.direction === "lower" ? value <= at : value >= at);
  });
  // On a frontier the point nearest to the target is the best that meets it.
  const place = x.direction === "lower" ? meets[meets.length - 1] : meets[0];
  if (place === undefined) return { at, step: null, between: null };
  return { at, step: { x: columns.x[place]!, y: columns.y[place]!, point: place, id: columns.id[place]! }, between: null };
}

export function frontierFrom(index: IndexFile, set: SetEntry, points: PointsFile, meta: T.Meta, query: Query): T.Frontier {
  const xName = (query["x"] as string | undefined) ?? "interactivity_p50_tps";
  const yName = (query["y"] as string | undefined) ?? "total_tps_per_chip";
  const [x, y] = [axisNamed(points, xName), axisNamed(points, yName)];
  const fronts = points.fronts[`${xName}|${yName}`];
  const at = query["at"] === undefined ? null : Number(query["at"]);
  const series = points.series.flatMap((one, place): T.Series[] => {
    if (!fits(one.key, query)) return [];
    const columns = columnsOf(points, one.rows, xName, yName, new Set(fronts?.[place]));
    const within = new Map(one.rows.map((row, i) => [row, i]));
    const front = (fronts?.[place] ?? []).flatMap((row) => within.get(row) ?? []);
    return [{
      key: one.key, label: one.label, count: one.rows.length, left_out: 0, points: columns, front,
      reading: at === null ? null : reading(at, x, front, columns), predicted: null,
    }];
  });
  const shown = series.reduce((sum, one) => sum + one.count, 0);
  const notes = fronts ? [] : ["A published copy has no frontier of these two: points are shown without their stairs."];
  return {
    generation: meta.generation, query: rowQuery(set, query), pricing: meta.price_default, x, y, at,
    options: facetsOf(index, set, points, query),
    axes: { x: points.axes, y: points.axes },
    layouts: points.layouts, series,
    counts: { rows: meta.counts.rows, matched: shown, shown, excluded: [] },
    notes,
  };
}

function columnsOf(points: PointsFile, rows: number[], x: string, y: string, front: Set<number>): Columns {
  const { columns, values } = points;
  const take = <Value>(of: Value[]) => rows.map((row) => of[row]!);
  const none = rows.map(() => null);
  const axis = (name: string) => (values[name] ? take(values[name]) : none);
  return {
    id: take(columns.id), x: axis(x), y: axis(y), x_low: none, x_high: none, y_low: none, y_high: none,
    concurrency: take(columns.concurrency), rate_rps: take(columns.rate_rps), chips: take(columns.chips),
    layout: take(columns.layout), measured: take(columns.measured), verdict: take(columns.verdict),
    excluded: take(columns.excluded), on_front: rows.map((row) => front.has(row)),
  };
}
