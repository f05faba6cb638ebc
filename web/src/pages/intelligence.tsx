import { useMemo, useState } from "react";
import { useQuery, type Change } from "../app/location";
import type { Tip } from "../chart/chart";
import type { Table as CsvTable } from "../chart/csv";
import type { Layer, Plot } from "../chart/plot";
import { useAnswer, useKnown } from "../data/use";
import type { Intelligence } from "../data/types";
import { asked as typed, count, counted, day, interval, number, percent, usd } from "../format/numbers";
import { NumberField, Segments, Select } from "../parts/fields";
import { Figure } from "../parts/figure";
import { PointPanel } from "../parts/point_panel";
import { Empty, Notes, Ready } from "../parts/states";
import { Table, type Column } from "../parts/table";
import { letterOf } from "./frontier_plot";
import { ask, keyOf, PRICES, ROWS } from "./query";

const OWN = ["eval", "floor", "input_tokens", "boundary", "gain"];

export default function IntelligencePage() {
  const [query, change] = useQuery();
  const { source } = useKnown();
  // All models take part unless some are named: they are what is compared here.
  const question = ask(query, [...ROWS.filter((name) => name !== "shape"), ...PRICES, ...OWN]);
  const asked = useAnswer(keyOf("intelligence", question), (signal) => source.intelligence(question, signal));
  return <Ready asked={asked}>{(value) => <View answer={value} query={query} change={change} />}</Ready>;
}

type Solved = Intelligence["points"][number];
type Per = "solved_per_usd" | "solved_per_kwh";

const PER: Record<Per, { title: string; unit: string; label: string }> = {
  solved_per_usd: { title: "tasks solved a dollar", unit: "tasks/USD", label: "dollar" },
  solved_per_kwh: { title: "tasks solved a kilowatt-hour", unit: "tasks/kWh", label: "kWh" },
};

const nameOf = (point: Solved) => (point.mode ? `${point.weights} (${point.mode})` : point.weights);

/** The best point of each weights and mode, which has its letter: whole names hide one another. */
function firstOfEach<Shown extends { point: Solved }>(shown: Shown[]): Shown[] {
  const named = new Set<string>();
  return shown.filter(({ point }) => !named.has(nameOf(point)) && named.add(nameOf(point))).slice(0, 16);
}

function plotOf(points: Solved[], per: Per): Plot {
  const shown = points.map((point, i) => ({ point, i })).filter(({ point }) => point[per]);
  const at = shown.flatMap(({ point }) => [point.score, point[per]!.value]);
  const bars = shown.flatMap(({ point }) => {
    const of = point[per]!;
    return of.low === null || of.high === null ? [] : [point.score, point.score, of.low, of.high];
  });
  const layers: Layer[] = [
    { kind: "whiskers", paint: 0, at: bars },
    { kind: "points", paint: 0, symbol: "circle", fill: "solid", size: 10, at },
    ...firstOfEach(shown).map(({ point }, place): Layer => ({ kind: "tag", paint: "ink", text: letterOf(place), at: [point.score, point[per]!.value] })),
  ];
  return {
    x: { name: "score_fraction", title: "score", unit: "fraction", kind: "linear", direction: "higher" },
    y: { name: per, title: PER[per].title, unit: PER[per].unit, kind: "log", direction: "higher" },
    layers: layers.filter((layer) => layer.at.length > 0),
    hits: { x: shown.map(({ point }) => point.score), y: shown.map(({ point }) => point[per]!.value), of: shown.map(({ i }) => i) },
  };
}

function csvOf(points: Solved[]): CsvTable {
  return {
    columns: ["weights", "mode", "score_fraction", "chip", "configuration", "usd_per_question", "solved_per_usd", "low95_solved_per_usd", "high95_solved_per_usd", "solved_per_kwh", "low95_solved_per_kwh", "high95_solved_per_kwh", "input_tokens", "input_assumed", "output_tokens", "id"],
    rows: points.map((point) => [
      point.weights, point.mode, point.score, point.chip, point.label, point.usd_per_question,
      point.solved_per_usd?.value, point.solved_per_usd?.low, point.solved_per_usd?.high, point.solved_per_kwh?.value, point.solved_per_kwh?.low, point.solved_per_kwh?.high,
      point.input_tokens, point.input_assumed, point.output_tokens, point.id,
    ]),
  };
}

interface ViewProps {
  answer: Intelligence;
  query: URLSearchParams;
  change: Change;
}

function View({ answer, query, change }: ViewProps) {
  const per: Per = query.get("per") === "kwh" ? "solved_per_kwh" : "solved_per_usd";
  const [hot, setHot] = useState<number | null>(null);
  const points = useMemo(() => [...answer.points].sort((a, b) => (b[per]?.value ?? -1) - (a[per]?.value ?? -1)), [answer, per]);
  const plot = useMemo(() => plotOf(points, per), [points, per]);
  const mine = answer.evals.find((one) => one.id === answer.eval);
  const point = query.get("point");
  const best = points[0];
  const tip = (i: number): Tip => {
    const one = points[i]!;
    return {
      title: nameOf(one),
      rows: [["score", percent(one.score)], [PER[per].title, number(one[per]?.value)], ["a question costs", usd(one.usd_per_question)], ["on", one.label]],
    };
  };
  const choices = answer.evals.filter((one) => one.takes_part).map((one) => ({ value: one.id, label: one.name, note: counted(one.scores, "score") }));
  const out = answer.evals.filter((one) => !one.takes_part);
  return (
    <>
      <div className="head">
        <div>
          <h1>{best?.[per] ? `${nameOf(best)} solves ${number(best[per]!.value)} tasks a ${PER[per].label}` : "No score meets a measured point"}</h1>
          <p className="note">
            {mine ? `${mine.name}: ${mine.measures.replace(/\.$/, "")}. ` : ""}
            {best ? `${percent(best.score)} right on ${best.label}; at least ${typed(answer.interactivity_floor)} tokens/s for each user; ${answer.boundary} power; prices ${answer.pricing.tier.replaceAll("_", " ")}, ${answer.pricing.date}. ` : ""}
            Intervals are the eval's own.
          </p>
        </div>
      </div>
      <div className="controls">
        <Select label="Eval" value={answer.eval ?? ""} choices={choices} onChange={(value) => change({ eval: value, point: undefined })} />
        <Segments label="Solved tasks a" value={per === "solved_per_kwh" ? "kwh" : "usd"} choices={[{ value: "usd", label: "dollar" }, { value: "kwh", label: "kWh" }]} onChange={(value) => change({ per: value === "kwh" ? "kwh" : undefined })} />
        <NumberField label="Each user at least" unit="tokens/s" value={query.get("floor") ?? String(answer.interactivity_floor)} onChange={(floor) => change({ floor })} />
        <Segments label="Power" value={answer.boundary} choices={[{ value: "provisioned", label: "provisioned" }, { value: "device", label: "device" }]} onChange={(boundary) => change({ boundary })} />
        {mine?.needs_input_tokens && <NumberField label="Input tokens of a question" value={query.get("input_tokens") ?? ""} placeholder="not counted" onChange={(input_tokens) => change({ input_tokens })} />}
        <NumberField label="Yearly gain at a score of" unit="0 to 1" value={query.get("gain") ?? ""} placeholder="none" onChange={(gain) => change({ gain })} />
      </div>
      {points.length === 0 ? (
        <Empty title="No model has both a score and a measured point">
          <p>Scores come with the catalog; measured points of the same models from a run or an import.</p>
          <Notes notes={answer.notes} />
        </Empty>
      ) : (
        <div className={point ? "two" : undefined}>
          <div>
          <Figure title={`${PER[per].title} against score`} plot={plot} height={360} table={() => csvOf(points)} tip={tip} hot={hot} onPick={(i) => change({ point: points[i]!.id })} />
          <ul className="key" aria-label="Letters of the chart">
            {firstOfEach(points.filter((one) => one[per]).map((one) => ({ point: one }))).map((one, place) => <li key={nameOf(one.point)}><b>{letterOf(place)}</b> {nameOf(one.point)}</li>)}
          </ul>
          </div>
          {point && <PointPanel id={point} prices={ask(query, PRICES)} onClose={() => change({ point: undefined })} />}
        </div>
      )}
      {answer.gains && <Gains gains={answer.gains} />}
      {points.length > 0 && <Rows points={points} selected={point} onOpen={(one) => change({ point: one.id })} onHot={(one) => setHot(one ? points.indexOf(one) : null)} />}
      <section className="note stack">
        {points.length > 0 && <Notes notes={answer.notes} />}
        {out.length > 0 && (
          <details className="more"><summary>{counted(out.length, "eval")} take no part</summary><ul className="list">{out.map((one) => <li key={one.id}>{one.name}: {one.why_not}</li>)}</ul></details>
        )}
      </section>
    </>
  );
}

function Rows({ points, selected, onOpen, onHot }: { points: Solved[]; selected: string | null; onOpen: (point: Solved) => void; onHot: (point: Solved | null) => void }) {
  const columns = useMemo<Column<Solved>[]>(() => {
    const per = (name: Per, head: string): Column<Solved> => ({
      key: name, head, value: (one) => one[name]?.value,
      show: (one) => <><b>{number(one[name]?.value)}</b> <span className="quiet">{one[name] && interval(one[name]!.low, one[name]!.high, "")}</span></>,
    });
    return [
      { key: "weights", head: "Weights", left: true, value: nameOf },
      { key: "score", head: "Score", value: (one) => one.score, show: (one) => percent(one.score) },
      per("solved_per_usd", "Solved a dollar"),
      per("solved_per_kwh", "Solved a kWh"),
      { key: "usd_per_question", head: "A question", unit: "USD", value: (one) => one.usd_per_question, show: (one) => usd(one.usd_per_question) },
      { key: "tokens", head: "Tokens a question", unit: "in, out", value: (one) => one.output_tokens, show: (one) => `${count(one.input_tokens)}${one.input_assumed ? " (assumed)" : ""}, ${count(one.output_tokens)}` },
      { key: "label", head: "Configuration", left: true, value: (one) => one.label },
    ];
  }, []);
  return (
    <section>
      <div className="section-head"><h2>{counted(points.length, "pair")} of model and chip, each at its best</h2></div>
      <Table caption="Solved tasks" rows={points} columns={columns} rowKey={(one) => `${one.weights} ${one.mode} ${one.id} ${one.chip}`} selected={selected} onOpen={onOpen} onHot={onHot} />
    </section>
  );
}

function Gains({ gains }: { gains: NonNullable<Intelligence["gains"]> }) {
  const text = (of: typeof gains.dollars, what: string) => (
    <div className="box">
      <h3>{what}</h3>
      {of.factor === null ? <p className="note gap">{of.why} ({counted(of.records, "record")})</p> : (
        <dl className="figures gap"><div><dt>as much each year</dt><dd><b>{number(of.factor)} {"\u00d7"}</b><span>{interval(of.low, of.high, "")} (95 %), {counted(of.records, "record")}</span></dd></div></dl>
      )}
      {of.steps.length > 0 && <ul className="list gap">{of.steps.map((step) => <li key={`${step.day} ${step.id}`}>{day(step.day)}: {step.weights}, {number(step.cost)}</li>)}</ul>}
    </div>
  );
  return (
    <section>
      <div className="section-head"><h2>Gain a year at a score of {percent(gains.score)} or more</h2></div>
      <div className="halves">{text(gains.dollars, "Tasks a dollar")}{text(gains.joules, "Tasks a joule")}</div>
    </section>
  );
}
