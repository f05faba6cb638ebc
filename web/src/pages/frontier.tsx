import { useMemo, useState } from "react";
import { useQuery, type Change } from "../app/location";
import { Chart, type Tip } from "../chart/chart";
import { useAnswer, useKnown } from "../data/use";
import type { Frontier } from "../data/types";
import { count, counted, day, quantity, targetOf } from "../format/numbers";
import { NumberField, Select, Tick } from "../parts/fields";
import { isDoubtful } from "../parts/known";
import { MoreControls } from "../parts/more";
import { PointPanel } from "../parts/point_panel";
import { Empty, Notes, Ready } from "../parts/states";
import { AxisChoice } from "./axes";
import { Legend, MarksKey, PointsTable, Readings } from "./frontier_parts";
import { frontierCsv, letterOf, paintsBy, plotOf, ranked, type ColourBy, type PointRef, type Shown } from "./frontier_plot";
import { ask, keyName, keyOf, labelOf, layoutName, load, PRICES, ROWS, shapeName } from "./query";
import { RowFilters } from "./row_filters";

const OWN = ["all", "x", "y", "at", "curve", "overlay"];
const DEFAULT_X = "interactivity_p50_tps";
// So many curves can be told apart; the others wait in the list of series.
const AT_FIRST = 7;

/** Where the curves are read unless the reader says: what the field talks about. */
function usualTarget(x: string): string | undefined {
  if (/^interactivity/.test(x)) return "50";
  if (/^ttft/.test(x)) return "1";
  if (/^e2e_.*_s$/.test(x)) return "20";
  return undefined;
}

export default function FrontierPage() {
  const [query, change] = useQuery();
  const { source } = useKnown();
  const curve = query.get("curve") === "1";
  const asked = ask(query, [...ROWS, ...PRICES, ...OWN], {
    at: query.get("at") ?? usualTarget(query.get("x") ?? DEFAULT_X),
    curve: curve ? "1" : undefined,
  });
  const answer = useAnswer(keyOf("frontier", asked), (signal) => source.frontier(asked, signal));
  return (
    <Ready asked={answer}>
      {(value) => <View answer={value} query={query} change={change} />}
    </Ready>
  );
}

// Beyond this ratio the small end of a straight axis cannot be read.
const WIDE = 25;

/** Which axes are logarithmic unless the reader says: those whose frontiers span much. */
function usualLog(answer: Frontier): string {
  const spans = (axis: "x" | "y") => {
    const values = answer.series.flatMap(({ points, front }) => front.map((i) => points[axis][i] ?? 0)).filter((value) => value > 0);
    return Math.max(...values) > WIDE * Math.min(...values);
  };
  return `${spans("x") ? "x" : ""}${spans("y") ? "y" : ""}`;
}

interface ViewProps {
  answer: Frontier;
  query: URLSearchParams;
  change: Change;
}

function useShown(answer: Frontier, query: URLSearchParams): Shown[] {
  const by = (query.get("by") ?? "series") as ColourBy;
  const on = query.getAll("on").join("\n");
  return useMemo(() => {
    const series = ranked(answer);
    const paints = paintsBy(series, by);
    const chosen = on === "" ? null : new Set(on.split("\n"));
    return series.map((one, place) => ({
      series: one,
      letter: letterOf(place),
      paint: paints[place]!,
      on: chosen ? chosen.has(one.label) : place < AT_FIRST || by !== "series",
    }));
  }, [answer, by, on]);
}

function View({ answer, query, change }: ViewProps) {
  const { source, meta } = useKnown();
  const shown = useShown(answer, query);
  const [hot, setHot] = useState<number | null>(null);
  const log = query.get("log") ?? usualLog(answer);
  const drawn = useMemo(
    () =>
      plotOf(answer, shown, {
        xKind: log.includes("x") ? "log" : "linear",
        yKind: log.includes("y") ? "log" : "linear",
        curve: query.get("curve") === "1",
        frontOnly: query.get("points") === "front",
        colourBy: (query.get("by") ?? "series") as ColourBy,
      }),
    [answer, shown, log, query],
  );
  const point = query.get("point");
  const placeOf = (id: string | null) => (id === null ? -1 : drawn.refs.findIndex(({ shown: { series }, i }) => series.points.id[i] === id));
  const open = (ref: PointRef) => change({ point: ref.shown.series.points.id[ref.i]! });
  const title = `${modelName(answer)}, ${shapeName(answer.query.shape[0] ?? "")}: ${answer.y.title} against ${answer.x.title}`;
  if (answer.series.length === 0)
    return (
      <>
        <Head answer={answer} shown={shown} />
        <Controls answer={answer} query={query} change={change} />
        <Nothing answer={answer} change={change} />
      </>
    );
  const prices = ask(query, PRICES);
  const selected = placeOf(point);
  return (
    <>
      <Head answer={answer} shown={shown} />
      <Controls answer={answer} query={query} change={change} />
      <Unmeasured answer={answer} change={change} />
      <div className="two">
        <div>
          <Legend shown={shown} options={answer.options} onChange={(on) => change({ on }, "replace")} />
          <Chart
            plot={drawn.plot}
            title={title}
            height={430}
            source={`Roofscape ${meta.version}, ${source.fixed ? "published" : "read"} ${day(meta.built ?? new Date().toISOString())}. Prices ${answer.pricing.tier.replaceAll("_", " ")}, ${answer.pricing.date}.`}
            legend={shown.filter((one) => one.on).map((one) => ({ paint: one.paint, letter: one.letter, label: one.series.label }))}
            table={() => frontierCsv(answer, drawn.refs)}
            tip={(place) => tipOf(answer, drawn.refs[place]!)}
            selected={selected < 0 ? null : selected}
            hot={hot}
            onPick={(place) => open(drawn.refs[place]!)}
          >
            <Switches query={query} change={change} log={log} />
          </Chart>
          <MarksKey shown={shown} overlay={query.get("overlay") === "predicted"} curve={query.get("curve") === "1"} />
        </div>
        {point ? (
          <PointPanel id={point} prices={prices} onClose={() => change({ point: undefined })} />
        ) : (
          <Readings answer={answer} shown={shown} onOpen={(id) => change({ point: id })} onHot={(id) => setHot(id === null ? null : placeOf(id))} />
        )}
      </div>
      <section>
        <div className="section-head">
          <h2>Every point of the curves shown</h2>
          <p className="note">{counted(drawn.refs.length, "point")}; arrow keys go from one to the next, Enter opens it</p>
        </div>
        <PointsTable answer={answer} refs={drawn.refs} selected={point} onOpen={open} onHot={(ref) => setHot(ref ? drawn.refs.indexOf(ref) : null)} />
      </section>
      <Counts answer={answer} />
    </>
  );
}

function modelName(answer: Frontier): string {
  return answer.query.model.map((value) => labelOf(answer.options.model, value)).join(", ");
}

/** The answer of the page in one sentence. */
function Head({ answer, shown }: { answer: Frontier; shown: Shown[] }) {
  const measured = shown.find((one) => one.series.key.way === "measured" && one.series.reading?.step);
  const best = (measured ?? shown[0])?.series;
  const reading = best?.reading;
  const target = answer.at === null ? "" : targetOf(answer.at, answer.x.unit);
  return (
    <div className="head">
      <div>
        <h1>
          {reading?.step && best
            ? `${keyName(best.key, answer.options)} gives ${quantity(reading.step.y, answer.y.unit)}`
            : best && target
              ? `No measured point meets ${target}`
              : modelName(answer) || "No points"}
        </h1>
        <p className="note">
          {reading?.step
            ? `the best ${best!.key.way} ${answer.y.title} of ${modelName(answer)} (${shapeName(answer.query.shape[0] ?? "")}) at ${target} ${answer.x.direction === "lower" ? "or less" : "or more"} of ${answer.x.title}; read at ${quantity(reading.step.x, answer.x.unit)}`
            : [modelName(answer), shapeName(answer.query.shape[0] ?? "")].filter(Boolean).join(", ")}
        </p>
      </div>
    </div>
  );
}

function Controls({ answer, query, change }: ViewProps) {
  const axesY = answer.axes.y.length ? answer.axes.y : [answer.y];
  const axesX = answer.axes.x.length ? answer.axes.x : [answer.x];
  const dimensions = [
    ["series", "series"], ["chip", "chip"], ["engine", "engine"], ["precision", "precision"], ["speculative", "speculation"], ["layout", "layout"],
  ].map(([value, label]) => ({ value: value!, label: label! }));
  return (
    <>
      <div className="controls">
        <RowFilters options={answer.options} query={query} change={change} model={answer.query.model[0] ?? ""} shape={answer.query.shape[0] ?? ""} />
      </div>
      <MoreControls label="Axes, percentile, target">
        <AxisChoice label="What" axes={axesY} value={answer.y.name} onChange={(y) => change({ y })} />
        <AxisChoice label="against" axes={axesX} value={answer.x.name} onChange={(x) => change({ x, at: undefined })} />
        <NumberField label="Read at" unit={answer.x.unit} value={query.get("at") ?? (answer.at === null ? "" : String(answer.at))} onChange={(at) => change({ at })} />
        <Select label="Reading" value={query.get("curve") === "1" ? "1" : "0"} choices={[{ value: "0", label: "steps: measured points" }, { value: "1", label: "curve: between them" }]} onChange={(value) => change({ curve: value === "1" ? "1" : undefined })} />
        <Select label="Colour by" value={query.get("by") ?? "series"} choices={dimensions} onChange={(by) => change({ by: by === "series" ? undefined : by, on: undefined })} />
      </MoreControls>
    </>
  );
}

function Switches({ query, change, log }: { query: URLSearchParams; change: Change; log: string }) {
  const { source } = useKnown();
  const toggle = (axis: string) => change({ log: (log.includes(axis) ? log.replace(axis, "") : log.replace("-", "") + axis) || "-" });
  return (
    <span className="switches">
      <Tick label="log x" checked={log.includes("x")} onChange={() => toggle("x")} />
      <Tick label="log y" checked={log.includes("y")} onChange={() => toggle("y")} />
      <Tick label="frontier only" checked={query.get("points") === "front"} onChange={(on) => change({ points: on ? "front" : undefined })} />
      {!source.fixed && <Tick label="predicted" checked={query.get("overlay") === "predicted"} onChange={(on) => change({ overlay: on ? "predicted" : undefined })} />}
    </span>
  );
}

function tipOf(answer: Frontier, { shown, i }: PointRef): Tip {
  const { points, key } = shown.series;
  const rows: [string, string][] = [
    [answer.y.title, quantity(points.y[i], answer.y.unit)],
    [answer.x.title, quantity(points.x[i], answer.x.unit)],
    ["load", load(points.concurrency[i] ?? null, points.rate_rps[i] ?? null)],
    ["layout", layoutName(answer.layouts[points.layout[i]!] ?? "")],
    [key.way, day(points.measured[i])],
  ];
  if (isDoubtful(points.verdict[i])) rows.push(["verdict", points.verdict[i]!]);
  if (points.excluded[i]) rows.push(["not on the frontier", points.excluded[i]!]);
  return { title: `${shown.letter}  ${shown.series.label}`, rows };
}

/** An axis of which no point knows anything: says so, and offers one that is there. */
function Unmeasured({ answer, change }: { answer: Frontier; change: Change }) {
  const without = (["y", "x"] as const).filter((axis) => answer.axes[axis].length > 0 && !answer.axes[axis].some(({ name }) => name === answer[axis].name));
  return (
    <>
      {without.map((axis) => {
        const usual = axis === "y" ? "total_tps" : "interactivity_mean_tps";
        const other = answer.axes[axis].find(({ name }) => name === usual) ?? answer.axes[axis][0]!;
        return (
          <div key={axis} className="says warn" role="status">
            <p>
              <strong>No point here knows its {answer[axis].title}.</strong>{" "}
              {axis === "y" && answer.y.name.includes("per_chip") && "How many chips served was not told: bench takes --chip and --chips. "}
              <button className="btn" onClick={() => change({ [axis]: other.name, at: axis === "x" ? undefined : answer.at === null ? undefined : String(answer.at) })}>Show {other.title}</button>
            </p>
          </div>
        );
      })}
    </>
  );
}

function Nothing({ answer, change }: { answer: Frontier; change: Change }) {
  if (answer.counts.rows === 0)
    return (
      <Empty title="The store is empty" command={"roofscape bench http://127.0.0.1:8000 --concurrency 1,2,4,8,16\nroofscape import inferencex benchmarks.json"}>
        <Notes notes={answer.notes} />
        <p>Measure a server, or import published rows; this page shows them as soon as they are there.</p>
      </Empty>
    );
  return (
    <Empty title="No point fits these filters">
      <Notes notes={answer.notes} />
      <p>{count(answer.counts.rows)} points are in the store.</p>
      <button className="btn" onClick={() => change(Object.fromEntries(ROWS.map((name) => [name, undefined])))}>Take all filters off</button>
    </Empty>
  );
}

function Counts({ answer }: { answer: Frontier }) {
  const { counts } = answer;
  return (
    <section className="note stack">
      <p>
        {count(counts.matched)} of {count(counts.rows)} points fit the filters, {count(counts.shown)} are here.
        {counts.excluded.map(({ reason, count: rows }) => ` ${count(rows)} take no part: ${reason}.`)}
      </p>
      <Notes notes={answer.notes} />
    </section>
  );
}
