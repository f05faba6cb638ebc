import { useMemo } from "react";
import { useQuery, type Change } from "../app/location";
import { useLatest } from "../data/latest";
import { useAnswer, useKnown } from "../data/use";
import { needsServer } from "../data/source";
import type { CatalogList, Predict } from "../data/types";
import { bytes, count, day, duration, number, usd } from "../format/numbers";
import { Segments, Select, Slider } from "../parts/fields";
import { Figure } from "../parts/figure";
import { Failed, Notes, Ready, Waiting } from "../parts/states";
import { MemoryMap, PredictKey, TimeMap } from "./predict_maps";
import { predictPlot, predictTable, predictTip, X_AXES, Y_AXES } from "./predict_plot";
import { ask, keyOf, PRICES, shapeName } from "./query";

const OWN = ["model", "chip", "fabric", "engine", "precision", "tp", "ep", "dp", "pp", "chips", "workers", "prefill_tp", "prefill_ep", "prefill_dp", "prefill_workers", "input", "output"];
const POWERS = (from: number, to: number) => Array.from({ length: Math.round(Math.log2(to / from)) + 1 }, (_, i) => from * 2 ** i);
const LOADS = POWERS(1, 1024);

export default function PredictPage() {
  const { source } = useKnown();
  const models = useAnswer("catalog/models", (signal) => source.catalog("models", signal));
  const chips = useAnswer("catalog/chips", (signal) => source.catalog("chips", signal));
  if (source.fixed)
    return (
      <>
        <div className="head"><h1>Predict a deployment that nobody has measured</h1></div>
        <Failed failure={needsServer("A prediction")} />
      </>
    );
  return <Ready asked={models}>{(first) => <Ready asked={chips}>{(second) => <Ask models={first} chips={second} />}</Ready>}</Ready>;
}

function usual(list: CatalogList, wished: string): string {
  return list.entries.some((entry) => entry.id === wished) ? wished : (list.entries[0]?.id ?? "");
}

function Ask({ models, chips }: { models: CatalogList; chips: CatalogList }) {
  const [query, change] = useQuery();
  const { source } = useKnown();
  // Of several models or chips chosen elsewhere the first.
  const model = query.get("model") ?? usual(models, "llama-3.1-70b");
  const chip = query.get("chip") ?? usual(chips, "h200-sxm");
  const engine = query.get("engine") ?? "vllm";
  const question = ask(query, [...OWN, ...PRICES], { model, chip, tp: query.get("tp") ?? "4", engine: engine === "shared" ? undefined : engine, concurrency: LOADS.map(String) });
  const latest = useLatest(keyOf("predict", question), (signal) => source.predict(question, signal));
  // On a phone the answer stands above the sliders: they would move once it is there.
  if (!latest.value && !latest.failure) return <Waiting what="Asking the model" />;
  return (
    <>
      <Head predict={latest.value} query={query} names={{ model: nameOf(models, model), chip: nameOf(chips, chip) }} />
      <div className="two open-left">
        <Controls models={models} chips={chips} model={model} chip={chip} query={query} change={change} />
        <div className="stack">
          {latest.failure && <Failed failure={latest.failure} />}
          {latest.value && <View predict={latest.value} query={query} change={change} />}
        </div>
      </div>
    </>
  );
}

const given = (query: URLSearchParams, name: string, usualValue: number) => Number(query.get(name) ?? usualValue) || usualValue;

function chosenPoint(predict: Predict, query: URLSearchParams): number {
  const wished = given(query, "load", 32);
  const place = predict.points.findIndex((point) => point.concurrency >= wished);
  return place < 0 ? predict.points.length - 1 : place;
}

const DOMAIN: Record<string, string> = {
  known: "measured rows lie beside it",
  "partly known": "measured rows lie near it",
  unknown: "nothing like it was measured: the interval is wide",
};

const nameOf = (list: CatalogList, id: string) => list.entries.find((entry) => entry.id === id)?.name ?? id;

function Head({ predict, query, names }: { predict: Predict | null; query: URLSearchParams; names: { model: string; chip: string } }) {
  const point = predict?.points[chosenPoint(predict, query)];
  return (
    <div className="head">
      <div>
        <h1>
          {predict && point
            ? `${names.model} on ${predict.chips} \u00d7 ${names.chip}: ${number(point.total_tps_per_chip.value)} tokens/s/chip at ${count(point.concurrency)} users`
            : "Predict a deployment"}
        </h1>
        <p className="note">
          {predict && point
            ? `Predicted, not measured, by formulas fitted to ${count(predict.fitted_rows)} measured rows: 80 % within ${number(point.total_tps_per_chip.low80)} to ${number(point.total_tps_per_chip.high80)}; ${DOMAIN[point.domain] ?? point.domain}.`
            : "Formulas with few fitted numbers, each figure with an 80 % interval."}
        </p>
      </div>
    </div>
  );
}

interface ControlsProps {
  models: CatalogList;
  chips: CatalogList;
  model: string;
  chip: string;
  query: URLSearchParams;
  change: Change;
}

const ENGINES = [["shared", "what they share"], ["vllm", "vLLM"], ["sglang", "SGLang"], ["trtllm", "TensorRT-LLM"]].map(([value, label]) => ({ value: value!, label: label! }));
const PRECISIONS = ["", "bf16", "fp8", "fp4"].map((value) => ({ value, label: value.toUpperCase() || "as released" }));

function Controls({ models, chips, model, chip, query, change }: ControlsProps) {
  const slide = (name: string, label: string, stops: number[], usualValue: number, show: (value: number) => string) => (
    <Slider label={label} stops={stops} value={given(query, name, usualValue)} show={show} onChange={(value) => change({ [name]: String(value) }, "replace")} />
  );
  const degree = (value: number) => String(value);
  const choices = (list: CatalogList) => list.entries.map((entry) => ({ value: entry.id, label: entry.name }));
  return (
    <div className="stack predict-controls">
      <Select label="Model" value={model} choices={choices(models)} onChange={(value) => change({ model: value })} />
      <Select label="Chip" value={chip} choices={choices(chips)} onChange={(value) => change({ chip: value })} />
      <Select label="Engine" value={query.get("engine") ?? "vllm"} choices={ENGINES} onChange={(engine) => change({ engine })} />
      <Select label="Precision" value={query.get("precision") ?? ""} choices={PRECISIONS} onChange={(precision) => change({ precision })} />
      <h3>Load</h3>
      {slide("load", "Users at once, to look at", LOADS, 32, count)}
      {slide("input", "Input tokens", POWERS(128, 131072), 1024, count)}
      {slide("output", "Output tokens", POWERS(16, 16384), 1024, count)}
      <h3>Layout of a copy</h3>
      {slide("tp", "Tensor parallel", POWERS(1, 64), 4, degree)}
      {slide("ep", "Expert parallel", POWERS(1, 256), 1, degree)}
      {slide("dp", "Copies of attention", POWERS(1, 256), 1, degree)}
      {slide("pp", "Pipeline stages", [1, 2, 3, 4, 6, 8, 16], 1, degree)}
      {slide("workers", "Copies of the engine", [1, 2, 3, 4, 6, 8, 12, 16, 32], 1, degree)}
      <button className="btn" onClick={() => change(Object.fromEntries(OWN.slice(2).concat("load").map((name) => [name, undefined])))}>Back to the start</button>
    </div>
  );
}

function View({ predict, query, change }: { predict: Predict; query: URLSearchParams; change: Change }) {
  const x = X_AXES.find((axis) => axis.value === query.get("x")) ?? X_AXES[0]!;
  const y = Y_AXES.find((axis) => axis.value === query.get("y")) ?? Y_AXES[0]!;
  const place = chosenPoint(predict, query);
  const point = predict.points[place];
  const plot = useMemo(() => predictPlot(predict, x, y), [predict, x, y]);
  return (
    <>
      <div className="controls">
        <Segments label="Up" value={y.value} choices={Y_AXES} onChange={(value) => change({ y: value })} />
        <Segments label="Across" value={x.value} choices={X_AXES} onChange={(value) => change({ x: value })} />
      </div>
      <Figure title={`${y.title} against ${x.title}`} note={`${shapeName(`${given(query, "input", 1024)}/${given(query, "output", 1024)}`)}, layout ${predict.layout}`}
        plot={plot} height={330} table={() => predictTable(predict)} tip={(i) => predictTip(predict, i)} selected={place}
        onPick={(i) => i < predict.points.length && change({ load: String(predict.points[i]!.concurrency) }, "replace")} />
      <PredictKey measured={predict.measured.length} />
      {point && (
        <>
          <dl className="figures">
            <Known title="First token" value={duration(point.ttft_mean_s.value)} low={duration(point.ttft_mean_s.low80)} high={duration(point.ttft_mean_s.high80)} />
            <Known title="Each user" value={`${number(point.interactivity_tps.value)} tokens/s`} low={number(point.interactivity_tps.low80)} high={number(point.interactivity_tps.high80)} />
            <Known title="Whole answer" value={duration(point.e2e_mean_s.value)} low={duration(point.e2e_mean_s.low80)} high={duration(point.e2e_mean_s.high80)} />
            <Known title="A million tokens" value={usd(point.usd_per_mtok_total?.value)} low={usd(point.usd_per_mtok_total?.low80)} high={usd(point.usd_per_mtok_total?.high80)} />
          </dl>
          <div className="halves">
            <TimeMap title={`Where a step's time goes at ${count(point.concurrency)} users`} parts={predict.parts} times={point.decode_step} limited={point.limited_by} />
            <TimeMap title="Where a prompt's time goes" parts={predict.parts} times={point.prompt} limited="" />
          </div>
          <MemoryMap memory={point.memory} />
          <p className="note">
            {number(point.decoding_sequences)} sequences decode at once
            {point.admitted_sequences < 1e9 && `, ${number(point.admitted_sequences)} fit`}; a chip holds {bytes(point.memory.chip_bytes)}.
            {predict.price && ` Price ${usd(predict.price.usd_per_chip_hour)} a chip-hour, ${predict.price.tier.replaceAll("_", " ")}, book of ${day(predict.price.date)}.`}
          </p>
        </>
      )}
      <Notes notes={predict.notes} />
    </>
  );
}

function Known({ title, value, low, high }: { title: string; value: string; low: string; high: string }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>
        <b>{value}</b>
        <span>{low === high ? "" : `${low} to ${high} (80 %)`}</span>
      </dd>
    </div>
  );
}

