// What one point of a run looked like, as plots: requests over time, distributions, courses, series.
import type { Table as CsvTable } from "../chart/csv";
import type { Layer, Plot } from "../chart/plot";
import type { RunPoint, RunSeries } from "../data/types";

type Requests = RunPoint["requests"];

/** Requests side by side: each on the first line that is free when it was intended. */
export function lanesOf(requests: Requests): number[] {
  const free: number[] = [];
  return requests.id.map((_, i) => {
    const begin = requests.intended_s[i] ?? requests.sent_s[i] ?? 0;
    const end = requests.end_s[i] ?? requests.first_token_s[i] ?? begin;
    let lane = free.findIndex((until) => until <= begin + 1e-9);
    if (lane < 0) lane = free.push(0) - 1;
    free[lane] = end;
    return lane;
  });
}

const succeeded = (outcome: string) => /^(ok|success)/i.test(outcome);

export interface Timeline {
  plot: Plot;
  lanes: number;
}

export function timeline(point: RunPoint): Timeline {
  const { requests } = point;
  const lanes = lanesOf(requests);
  const waiting: number[] = [];
  const answering: number[] = [];
  const warm: number[] = [];
  const failed: number[] = [];
  const hits = { x: [] as number[], y: [] as number[], of: [] as number[] };
  requests.id.forEach((_, i) => {
    const lane = lanes[i]!;
    const [low, high] = [lane + 0.1, lane + 0.9];
    const begin = requests.intended_s[i];
    const first = requests.first_token_s[i];
    const end = requests.end_s[i];
    if (begin == null) return;
    if (!succeeded(requests.outcome[i]!)) failed.push(begin, end ?? first ?? begin, low, high);
    else if (first != null && end != null) {
      waiting.push(begin, first, low, high);
      (requests.warmup[i] ? warm : answering).push(first, end, low, high);
    }
    hits.x.push(((end ?? begin) + begin) / 2);
    hits.y.push(lane + 0.5);
    hits.of.push(i);
  });
  const layers: Layer[] = [
    { kind: "boxes", paint: "soft", opacity: 0.55, at: waiting },
    { kind: "boxes", paint: 0, opacity: 0.4, at: warm },
    { kind: "boxes", paint: 0, opacity: 0.9, at: answering },
    { kind: "boxes", paint: "bad", opacity: 0.95, at: failed },
  ];
  const lines = point.window
    ? [{ x: point.window.begin_s, text: "window begins" }, { x: point.window.end_s, text: "ends" }]
    : [];
  return {
    lanes: Math.max(1, ...lanes.map((lane) => lane + 1)),
    plot: {
      x: { name: "time_s", title: "time in the point", unit: "s", kind: "linear", from: 0 },
      y: { name: "line", title: "requests at once", unit: "", kind: "linear", from: 0 },
      layers: layers.filter((layer) => layer.at.length > 0),
      hits,
      lines,
    },
  };
}

export function requestsTable({ requests }: RunPoint): CsvTable {
  return {
    columns: ["id", "intended_s", "sent_s", "first_token_s", "end_s", "outcome", "input_tokens", "output_tokens", "warmup"],
    rows: requests.id.map((id, i) => [
      id, requests.intended_s[i], requests.sent_s[i], requests.first_token_s[i], requests.end_s[i],
      requests.outcome[i], requests.input_tokens[i], requests.output_tokens[i], requests.warmup[i],
    ]),
  };
}

type Histogram = NonNullable<RunPoint["histograms"]["ttft"]>;

export function histogram(of: Histogram, title: string, name: string): Plot {
  const at = of.counts.flatMap((value, i) => (value > 0 ? [of.edges_s[i]!, of.edges_s[i + 1]!, 0, value] : []));
  // Edges that grow by a factor want a logarithmic axis.
  const [a, b, c] = of.edges_s;
  const even = c === undefined || Math.abs(c - b! - (b! - a!)) < 1e-6 * Math.abs(c);
  return {
    x: { name, title, unit: "s", kind: even || !(a! > 0) ? "linear" : "log" },
    y: { name: "count", title: "count", unit: "", kind: "linear", from: 0 },
    layers: [{ kind: "boxes", paint: 0, at }],
    hits: { x: [], y: [], of: [] },
  };
}

export function histogramTable(of: Histogram): CsvTable {
  return { columns: ["from_s", "to_s", "count"], rows: of.counts.map((value, i) => [of.edges_s[i], of.edges_s[i + 1], value]) };
}

type Course = NonNullable<RunPoint["courses"]["output_tps"]>;

export function courseTable(of: Course, name: string): CsvTable {
  return { columns: ["time_s", name], rows: of.values.map((value, i) => [of.start_s + i * of.step_s, value]) };
}

export function course(of: Course, title: string, name: string, unit: string, window: RunPoint["window"]): Plot {
  const at = courseTable(of, name).rows.flatMap((row) => row as number[]);
  return {
    x: { name: "time_s", title: "time in the point", unit: "s", kind: "linear", from: 0 },
    y: { name, title, unit, kind: "linear", from: 0 },
    layers: [{ kind: "line", paint: 0, width: 1.5, at }],
    hits: { x: [], y: [], of: [] },
    lines: window ? [{ x: window.begin_s, text: "window begins" }, { x: window.end_s, text: "ends" }] : [],
  };
}

type Measured = RunSeries["series"];

const UNITS: [RegExp, string][] = [
  [/_w$/, "W"], [/_j$/, "J"], [/_bytes$/, "B"], [/_s$/, "s"], [/_tps$/, "tokens/s"], [/_fraction$/, "fraction"],
  [/_percent$/, "%"], [/_celsius$|_c$/, "\u00b0C"], [/_mhz$/, "MHz"], [/_tokens$/, "tokens"],
];

/** The unit is the last word of a metric's name. */
export function unitOf(name: string): string {
  return UNITS.find(([end]) => end.test(name))?.[1] ?? "";
}

/** "chip_power_w" -> "chip power": the unit stands beside it. */
export function seriesTitle(metric: string): string {
  const end = UNITS.find(([pattern]) => pattern.test(metric))?.[0];
  return (end ? metric.replace(end, "") : metric).replaceAll("_", " ");
}

export function seriesPlot(metric: string, series: Measured): Plot {
  return {
    x: { name: "time_s", title: "time in the run", unit: "s", kind: "linear" },
    y: { name: metric, title: seriesTitle(metric), unit: unitOf(metric), kind: "linear", from: 0 },
    layers: series.flatMap((one, paint): Layer[] => [
      { kind: "line", paint, width: 1.5, at: one.offsets_s.flatMap((time, i) => [time, one.values[i]!]) },
    ]),
    hits: { x: [], y: [], of: [] },
  };
}

export function seriesTable(metric: string, series: Measured): CsvTable {
  return {
    columns: ["device", "source", "time_s", metric],
    rows: series.flatMap((one) => one.offsets_s.map((time, i) => [one.device, one.source, time, one.values[i]])),
  };
}
