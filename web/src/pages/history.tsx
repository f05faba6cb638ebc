import { useMemo, useState } from "react";
import { useQuery, type Change } from "../app/location";
import { Outside } from "../app/link";
import type { Tip } from "../chart/chart";
import { useAnswer, useKnown } from "../data/use";
import type { History } from "../data/types";
import { count, counted, day, figure, quantity, signedPercent, targetOf } from "../format/numbers";
import { NumberField, Select, Tick } from "../parts/fields";
import { Figure } from "../parts/figure";
import { PointPanel } from "../parts/point_panel";
import { Empty, Notes, Ready } from "../parts/states";
import { Table, type Column } from "../parts/table";
import { paletteClass } from "../parts/palette";
import { AxisChoice } from "./axes";
import { historyPlot, historyTable, stepsOf, type Step } from "./history_plot";
import { ask, keyOf, labelOf, layoutName, PRICES, ROWS, shapeName } from "./query";
import { RowFilters } from "./row_filters";

const OWN = ["x", "at", "y", "by", "regressions"];
const BY = [["chip", "chip"], ["engine", "engine"], ["precision", "precision"], ["speculative", "speculation"], ["model", "model"]].map(([value, label]) => ({ value: value!, label: label! }));

export default function HistoryPage() {
  const [query, change] = useQuery();
  const { source } = useKnown();
  const question = ask(query, [...ROWS, ...PRICES, ...OWN], { by: query.get("by") ?? "chip", regressions: source.fixed ? undefined : "1" });
  const asked = useAnswer(keyOf("history", question), (signal) => source.history(question, signal));
  return <Ready asked={asked}>{(history) => <View history={history} query={query} change={change} />}</Ready>;
}

interface ViewProps {
  history: History;
  query: URLSearchParams;
  change: Change;
}

function View({ history, query, change }: ViewProps) {
  const { meta } = useKnown();
  const by = (query.get("by") ?? "chip") as "chip" | "engine";
  const log = query.get("log") === "y";
  const steps = useMemo(() => stepsOf(history), [history]);
  const [hot, setHot] = useState<number | null>(null);
  const plot = useMemo(() => historyPlot(history, steps, log), [history, steps, log]);
  const point = query.get("point");
  const name = (step: Step) => labelOf(history.options[by], step.group);
  const tip = (i: number): Tip => {
    const step = steps[i]!;
    return {
      title: name(step),
      rows: [["from", day(step.step.from)], [history.best.title, quantity(step.step.value, history.best.unit)], ["by", step.step.label], ["gain", signedPercent(step.step.gain)]],
    };
  };
  const open = (i: number) => change({ point: steps[i]!.step.id });
  const metrics = meta.metrics.filter((axis) => axis.direction !== "neither");
  return (
    <>
      <Head history={history} steps={steps} by={by} />
      <div className="controls">
        <RowFilters options={history.options} query={query} change={change} model={history.query.model[0] ?? ""} shape={history.query.shape[0] ?? ""} />
        <Select label="A line for each" value={by} choices={BY} onChange={(value) => change({ by: value })} />
      </div>
      <div className="controls">
        <AxisChoice label="Best" axes={metrics.filter((axis) => ["throughput", "cost", "energy", "latency"].includes(axis.group))} value={history.best.name} onChange={(y) => change({ y })} />
        <AxisChoice label="where" axes={metrics.filter((axis) => ["interactivity", "latency"].includes(axis.group))} value={history.floor.name} onChange={(x) => change({ x, at: undefined })} />
        <NumberField label={history.floor.direction === "lower" ? "is at most" : "is at least"} unit={history.floor.unit} value={query.get("at") ?? String(history.at)} onChange={(at) => change({ at })} />
        <Tick label="log" checked={log} onChange={(on) => change({ log: on ? "y" : undefined })} />
      </div>
      {steps.length === 0 ? (
        <Empty title="No dated point meets this">
          <p>Choose another target or take a filter off. Rows without a day take no part.</p>
          <Notes notes={history.notes} />
        </Empty>
      ) : (
        <div className={point ? "two" : undefined}>
          <div className="stack">
            <Figure title={`${history.best.title} at ${targetOf(history.at, history.floor.unit)}, best known at each date`} plot={plot} height={380} table={() => historyTable(history, steps)} tip={tip} onPick={open} hot={hot}
              legend={history.groups.map((group, paint) => ({ paint, letter: "", label: group.name }))} />
            <ul className="key">
              {history.groups.map((group, paint) => <li key={group.name}><span className={`letter ${paletteClass(paint)}`}>{paint + 1}</span> {labelOf(history.options[by], group.name)}</li>)}
            </ul>
          </div>
          {point && <PointPanel id={point} prices={ask(query, PRICES)} onClose={() => change({ point: undefined })} />}
        </div>
      )}
      {steps.length > 0 && <Records history={history} steps={steps} name={name} onOpen={open} onHot={setHot} selected={point} />}
      <Regressions history={history} onOpen={(id) => change({ point: id })} />
      <section><Notes notes={history.notes} /></section>
    </>
  );
}

function Head({ history, steps, by }: { history: History; steps: Step[]; by: "chip" | "engine" }) {
  const best = steps.filter((step) => step.last).sort((a, b) => (history.best.direction === "lower" ? 1 : -1) * (a.step.value - b.step.value))[0];
  const model = history.query.model.map((value) => labelOf(history.options.model, value)).join(", ");
  return (
    <div className="head">
      <div>
        <h1>{best ? `The record is ${quantity(best.step.value, history.best.unit)}: ${labelOf(history.options[by], best.group)}, since ${day(best.step.from)}` : model ? `${model}: no record` : "No record yet"}</h1>
        <p className="note">
          {model && `${model}, ${shapeName(history.query.shape[0] ?? "")}: `}{history.best.title} at {targetOf(history.at, history.floor.unit)} of {history.floor.title}{history.pricing && `, at prices of ${history.pricing.date}, ${history.pricing.tier.replaceAll("_", " ")}`}. Each step is a measured point; nothing is carried beyond it.
        </p>
      </div>
    </div>
  );
}

interface RecordsProps {
  history: History;
  steps: Step[];
  name: (step: Step) => string;
  selected: string | null;
  onOpen: (place: number) => void;
  onHot: (place: number | null) => void;
}

function Records({ history, steps, name, selected, onOpen, onHot }: RecordsProps) {
  const columns = useMemo<Column<Step>[]>(
    () => [
      { key: "from", head: "From", left: true, value: (one) => one.step.from, show: (one) => day(one.step.from) },
      { key: "group", head: "Line", left: true, value: name, show: (one) => <><span className={`letter ${paletteClass(one.paint)}`}>{one.paint + 1}</span> {name(one)}</> },
      { key: "value", head: history.best.title, unit: history.best.unit, value: (one) => one.step.value, show: (one) => <b>{figure(one.step.value, history.best.unit)}</b> },
      { key: "gain", head: "Step", value: (one) => one.step.gain, show: (one) => signedPercent(one.step.gain) },
      { key: "label", head: "By", left: true, value: (one) => one.step.label },
      { key: "layout", head: "Layout", left: true, value: (one) => one.step.layout, show: (one) => layoutName(one.step.layout) },
      { key: "changed", head: "What changed", left: true, wrap: true, value: (one) => one.step.changed.map((change) => `${change.field}: ${change.was} \u2192 ${change.now}`).join("; ") },
      { key: "run", head: "Run", left: true, value: (one) => one.step.run_url, show: (one) => (one.step.run_url ? <Outside href={one.step.run_url}>run</Outside> : "\u2013") },
    ],
    [history, name],
  );
  return (
    <section>
      <div className="section-head"><h2>{counted(steps.length, "record")}</h2></div>
      <Table caption="Records" rows={steps} columns={columns} rowKey={(one) => one.key} sort="-from" selected={selected}
        onOpen={(one) => onOpen(steps.indexOf(one))} onHot={(one) => onHot(one ? steps.indexOf(one) : null)} />
    </section>
  );
}

type Shift = NonNullable<History["regressions"]>["shifts"][number];

function Regressions({ history, onOpen }: { history: History; onOpen: (id: string) => void }) {
  const { regressions } = history;
  const columns = useMemo<Column<Shift>[]>(
    () => [
      { key: "day", head: "Day", left: true, value: (one) => one.day, show: (one) => day(one.day) },
      { key: "label", head: "Curve", left: true, value: (one) => one.label },
      { key: "layout", head: "Layout", left: true, value: (one) => one.layout, show: (one) => layoutName(one.layout) },
      { key: "change", head: "Change", value: (one) => one.change, show: (one) => <b className={one.verdict === "worse" ? "bad" : "good"}>{signedPercent(one.change)}</b> },
      { key: "smallest_finding", head: "Could be shown from", value: (one) => one.smallest_finding, show: (one) => signedPercent(one.smallest_finding) },
      { key: "loads", head: "Loads", value: (one) => one.loads },
      { key: "history", head: "Runs before", value: (one) => one.history },
      { key: "run", head: "Run", left: true, value: (one) => one.run_url, show: (one) => (one.run_url ? <Outside href={one.run_url}>run</Outside> : "\u2013") },
    ],
    [],
  );
  if (!regressions) return null;
  const worse = regressions.shifts.filter((shift) => shift.verdict === "worse").length;
  return (
    <section>
      <div className="section-head">
        <h2>{worse === 0 ? "No curve got worse against its own history" : `${counted(worse, "curve")} got worse against ${worse === 1 ? "its" : "their"} own history`}</h2>
        <p className="note">{count(regressions.judged)} judged by {regressions.metric}; {count(regressions.too_few)} have too few runs to be judged</p>
      </div>
      {regressions.shifts.length > 0 && <Table caption="Shifts of curves" rows={regressions.shifts} columns={columns} rowKey={(one) => one.ids.join(" ") || one.label} onOpen={(one) => one.ids[0] && onOpen(one.ids[0])} />}
    </section>
  );
}
