// A chip and a model drawn with sliders; the frontier follows.
import { useMemo, useRef } from "react";
import { useQuery, type Change } from "../../app/location";
import type { Tip } from "../../chart/chart";
import type { Table as CsvTable } from "../../chart/csv";
import type { Layer, Plot } from "../../chart/plot";
import { useLatest } from "../../data/latest";
import { needsServer } from "../../data/source";
import type { CatalogList, Sketch, SketchSlider } from "../../data/types";
import { useAnswer, useKnown } from "../../data/use";
import { count, duration, number, usd } from "../../format/numbers";
import { Segments, Select, Slider } from "../../parts/fields";
import { Figure } from "../../parts/figure";
import { Glyph } from "../../parts/known";
import { Failed, Ready, Waiting } from "../../parts/states";
import { Table, type Column } from "../../parts/table";
import type { PartProps } from "../codesign";
import { ask, keyOf, PRICES } from "../query";

type Curve = Sketch["sketch"];
type Point = Curve["points"][number];

const CHIP_PARTS = ["bf16_pflops", "bandwidth_tb_s", "memory_gb", "link_gb_s", "usd_per_hour", "all_in_kw"];
const MODEL_PARTS = ["layers", "hidden", "experts", "top_k", "width"];
const OWN = ["model", "chip", "fabric", "precision", "chips", "input", "output", ...CHIP_PARTS, ...MODEL_PARTS, ...PRICES];

export default function SketchPage(_: PartProps) {
  const { source } = useKnown();
  const models = useAnswer("catalog/models", (signal) => source.catalog("models", signal));
  const chips = useAnswer("catalog/chips", (signal) => source.catalog("chips", signal));
  const fabrics = useAnswer("catalog/fabrics", (signal) => source.catalog("fabrics", signal));
  if (source.fixed)
    return (
      <>
        <div className="head"><h1>Sketch a chip and a model</h1></div>
        <Failed failure={needsServer("A sketch")} />
      </>
    );
  return (
    <Ready asked={models}>{(first) => <Ready asked={chips}>{(second) => <Ready asked={fabrics}>{(third) => <Ask models={first} chips={second} fabrics={third} />}</Ready>}</Ready>}</Ready>
  );
}

interface Lists {
  models: CatalogList;
  chips: CatalogList;
  fabrics: CatalogList;
}

function Ask(lists: Lists) {
  const [query, change] = useQuery();
  const { source } = useKnown();
  const model = query.get("model") ?? "deepseek-v3";
  const chip = query.get("chip") ?? "b200-sxm";
  const question = ask(query, OWN, { model, chip });
  const latest = useLatest(keyOf("sketch", question), (signal) => source.sketch(question, signal));
  // Sliders come with the answer: without them all below would move once it is there.
  if (!latest.value && !latest.failure) return <Waiting what="Searching layouts" />;
  return (
    <>
      <Head sketch={latest.value} />
      <div className="two open-left">
        <Controls {...lists} model={model} chip={chip} query={query} change={change} sketch={latest.value} />
        <div className="stack">
          {latest.failure && <Failed failure={latest.failure} />}
          {latest.value && <View sketch={latest.value} query={query} change={change} />}
        </div>
      </div>
    </>
  );
}

function Head({ sketch }: { sketch: Sketch | null }) {
  const best = sketch?.sketch.points[0];
  return (
    <div className="head">
      <div>
        <h1>{sketch && best ? `${number(best.total_tps_per_chip)} tokens/s/chip at ${number(best.interactivity_tps)} tokens/s a user` : "Sketch a chip and a model"}</h1>
        <p className="note">
          {sketch ? `${sketch.model.shape}: ${number(sketch.model.total_b)} billion parameters, ${number(sketch.model.active_b)} of them at work. ` : ""}
          By rooflines; nothing of it was measured. A sketch says nothing of how well its model answers: two models do not compare here.
        </p>
      </div>
    </div>
  );
}

interface ControlsProps extends Lists {
  model: string;
  chip: string;
  query: URLSearchParams;
  change: Change;
  sketch: Sketch | null;
}

const PRECISIONS = ["", "bf16", "fp8", "fp4"].map((value) => ({ value, label: value.toUpperCase() || "as released" }));
const CHIPS = [1, 2, 4, 8, 16, 32, 64];
const POWERS = (from: number, to: number) => Array.from({ length: Math.round(Math.log2(to / from)) + 1 }, (_, i) => from * 2 ** i);

const scalesUp = ({ values }: CatalogList["entries"][number]) => values["reach"] === "scale-up" && values["topology"] !== "wafer" && values["chip_gb_s"] !== undefined;

function Controls({ models, chips, fabrics, model, chip, query, change, sketch }: ControlsProps) {
  // Sliders keep their places while the next answer is on its way.
  const last = useRef<Sketch["sliders"] | null>(null);
  if (sketch) last.current = sketch.sliders;
  const choices = (list: CatalogList) => list.entries.map((entry) => ({ value: entry.id, label: entry.name }));
  const slider = (one: SketchSlider) => <Part key={one.name} slider={one} query={query} change={change} />;
  const forget = (names: string[]) => Object.fromEntries(names.map((name) => [name, undefined]));
  const plain = (name: string, label: string, stops: number[], usual: number) => (
    <Slider label={label} stops={stops} value={Number(query.get(name) ?? usual) || usual} show={count} onChange={(value) => change({ [name]: String(value) }, "replace")} />
  );
  return (
    <div className="stack predict-controls">
      <Select label="Begin from the chip" value={chip} choices={choices(chips)} onChange={(value) => change({ ...forget([...CHIP_PARTS, "fabric"]), chip: value })} />
      <Select label="Links" value={query.get("fabric") ?? ""} choices={[{ value: "", label: "the chip's own" }, ...choices({ ...fabrics, entries: fabrics.entries.filter(scalesUp) })]} onChange={(fabric) => change({ fabric, link_gb_s: undefined })} />
      <h3>Chip</h3>
      {last.current?.chip.filter((one) => one.base !== null).map(slider)}
      {plain("chips", "Chips of a copy, at most", CHIPS, 8)}
      <h3>Model</h3>
      <Select label="Begin from the model" value={model} choices={choices(models)} onChange={(value) => change({ ...forget(MODEL_PARTS), model: value })} />
      <Select label="Precision" value={query.get("precision") ?? ""} choices={PRECISIONS} onChange={(precision) => change({ precision })} />
      {last.current?.model.filter((one) => one.base !== null).map(slider)}
      <h3>Work</h3>
      {plain("input", "Input tokens", POWERS(128, 131072), 1024)}
      {plain("output", "Output tokens", POWERS(16, 16384), 1024)}
      <button className="btn" onClick={() => change(forget([...OWN.filter((name) => name !== "model" && name !== "chip")]))}>Back to the start</button>
    </div>
  );
}

function shown(slider: SketchSlider, value: number): string {
  if (slider.unit === "USD/h") return `${usd(value)}/h`;
  return slider.unit === "" ? count(value) : `${number(value)} ${slider.unit}`;
}

function Part({ slider, query, change }: { slider: SketchSlider; query: URLSearchParams; change: Change }) {
  const value = Number(query.get(slider.name) ?? slider.value ?? slider.base);
  const stops = slider.stops.includes(value) ? slider.stops : [...slider.stops, value].sort((a, b) => a - b);
  const moved = value !== slider.base;
  return (
    <Slider label={moved ? `${slider.title} (of ${shown(slider, slider.base!)})` : slider.title} stops={stops} value={value} show={(stop) => shown(slider, stop)}
      onChange={(stop) => change({ [slider.name]: stop === slider.base ? undefined : String(stop) }, "replace")} />
  );
}

interface AxisOf {
  value: string;
  label: string;
  title: string;
  unit: string;
  direction: "higher" | "lower";
  of: (point: Point) => number | null;
}

const Y_AXES: AxisOf[] = [
  { value: "total_tps_per_chip", label: "throughput", title: "total throughput per chip", unit: "tokens/s/chip", direction: "higher", of: (point) => point.total_tps_per_chip },
  { value: "usd_per_mtok_total", label: "cost", title: "cost of a million tokens", unit: "USD/Mtok", direction: "lower", of: (point) => point.usd_per_mtok_total },
  { value: "tokens_per_j", label: "energy", title: "tokens a joule", unit: "tokens/J", direction: "higher", of: (point) => point.tokens_per_j },
];

function plotOf(sketch: Sketch, axis: AxisOf): Plot {
  const layers: Layer[] = [];
  const hits = { x: [] as number[], y: [] as number[], of: [] as number[] };
  const add = (curve: Curve, paint: Layer["paint"], faint: boolean, letter: string) => {
    const at = curve.points.flatMap((point) => {
      const y = axis.of(point);
      return y === null ? [] : [point.interactivity_tps, y];
    });
    layers.push({ kind: "line", paint, dash: faint ? [7, 5] : [2, 3], width: faint ? 1.5 : 2.4, at });
    layers.push({ kind: "points", paint, symbol: faint ? "square" : "triangle", fill: "hollow", size: faint ? 6 : 10, at });
    if (at.length > 1) layers.push({ kind: "tag", paint, text: letter, at: [at[at.length - 2]!, at[at.length - 1]!] });
    if (faint) return;
    curve.points.forEach((point, place) => {
      const y = axis.of(point);
      if (y === null) return;
      hits.x.push(point.interactivity_tps);
      hits.y.push(y);
      hits.of.push(place);
    });
  };
  add(sketch.built, "soft", true, "built");
  add(sketch.sketch, 0, false, "sketch");
  return {
    x: { name: "interactivity_tps", title: "interactivity", unit: "tokens/s/user", kind: "log", direction: "higher" },
    y: { name: axis.value, title: axis.title, unit: axis.unit, kind: axis.value === "usd_per_mtok_total" ? "log" : "linear", direction: axis.direction, from: axis.value === "usd_per_mtok_total" ? undefined : 0 },
    layers,
    hits,
  };
}

function tipOf(point: Point): Tip {
  return {
    title: `${number(point.interactivity_tps)} tokens/s a user`,
    rows: [
      ["throughput", `${number(point.total_tps_per_chip)} tokens/s/chip`],
      ["a million tokens", usd(point.usd_per_mtok_total)],
      ["tokens a joule", number(point.tokens_per_j)],
      ["first token", duration(point.ttft_mean_s)],
      ["laid out", point.plan],
    ],
  };
}

function csvOf(sketch: Sketch): CsvTable {
  const rows = (which: string, curve: Curve) => curve.points.map((point) => [which, point.interactivity_tps, point.total_tps_per_chip, point.usd_per_mtok_total, point.tokens_per_usd, point.tokens_per_j, point.ttft_mean_s, point.plan]);
  return {
    columns: ["chip", "interactivity_tps", "total_tps_per_chip", "usd_per_mtok_total", "tokens_per_usd", "tokens_per_j", "ttft_mean_s", "plan"],
    rows: [...rows("sketch", sketch.sketch), ...rows("built", sketch.built)],
  };
}

function View({ sketch, query, change }: { sketch: Sketch; query: URLSearchParams; change: Change }) {
  const axis = Y_AXES.find((one) => one.value === query.get("y")) ?? Y_AXES[0]!;
  const plot = useMemo(() => plotOf(sketch, axis), [sketch, axis]);
  const legend = [{ paint: 0, letter: "\u25b3", label: "the sketch" }, { paint: "soft" as const, letter: "\u25a1", label: "the same model on the chip as it is built" }];
  return (
    <>
      <div className="controls">
        <Segments label="Up" value={axis.value} choices={Y_AXES} onChange={(y) => change({ y })} />
      </div>
      {sketch.sketch.points.length === 0 && <p className="says warn">No layout on {sketch.chips} chips serves this model: give it more memory, or more chips.</p>}
      <Figure first title={`${axis.title}, the best layout at each speed`} note={`${sketch.sketch.fabric || "no links"}, at most ${sketch.chips} chips`} plot={plot} height={360} table={() => csvOf(sketch)} tip={(place) => tipOf(sketch.sketch.points[place]!)} legend={legend} />
      <ul className="key">
        <li><span className="t0"><Glyph symbol="triangle" fill="hollow" /></span> the sketch</li>
        <li><Glyph symbol="square" fill="hollow" /> the same model on the chip as it is built{sketch.spent ? ` (${sketch.spent})` : ""}</li>
      </ul>
      <Points sketch={sketch} />
    </>
  );
}

function Points({ sketch }: { sketch: Sketch }) {
  const columns: Column<Point>[] = [
    { key: "speed", head: "Each user", unit: "tokens/s", value: (point) => point.interactivity_tps, show: (point) => number(point.interactivity_tps) },
    { key: "tput", head: "Throughput", unit: "tokens/s/chip", value: (point) => point.total_tps_per_chip, show: (point) => number(point.total_tps_per_chip) },
    { key: "cost", head: "Cost", unit: "a million tokens", value: (point) => point.usd_per_mtok_total, show: (point) => usd(point.usd_per_mtok_total) },
    { key: "joule", head: "tokens/J", value: (point) => point.tokens_per_j, show: (point) => number(point.tokens_per_j) },
    { key: "ttft", head: "First token", value: (point) => point.ttft_mean_s, show: (point) => duration(point.ttft_mean_s) },
    { key: "plan", head: "Laid out", left: true, value: (point) => point.plan },
  ];
  return <Table tall caption="The sketch's frontier" rows={sketch.sketch.points} columns={columns} rowKey={(point) => String(point.asked_tps)} />;
}

