import { useMemo } from "react";
import { hrefOf, useQuery, type Change } from "../app/location";
import { Link } from "../app/link";
import type { Tip } from "../chart/chart";
import { save } from "../chart/export";
import { useAnswer, useKnown } from "../data/use";
import type { Run, RunPoint, RunSeries } from "../data/types";
import { count, counted, duration, moment, number, percent } from "../format/numbers";
import { CopyButton } from "../parts/copy";
import { DataTable, Figure } from "../parts/figure";
import { VerdictWord } from "../parts/known";
import { Failed, Notes, Ready, Waiting } from "../parts/states";
import { Table, type Column } from "../parts/table";
import { verdictsText } from "./run_list";
import { course, courseTable, histogram, histogramTable, requestsTable, seriesPlot, seriesTable, seriesTitle, timeline } from "./run_plots";

/** A point of a run, as schema/run.schema.json has it: metrics stand beside what the point is. */
type Point = Record<string, unknown>;

const num = (point: Point, name: string): number | null => (typeof point[name] === "number" ? (point[name] as number) : null);
const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const record = (value: unknown): Record<string, unknown> => (value && typeof value === "object" ? (value as Record<string, unknown>) : {});

export function RunPage({ id }: { id: string }) {
  const [query, change] = useQuery();
  const { source } = useKnown();
  const asked = useAnswer(`run/${id}`, (signal) => source.run(id, signal));
  return <Ready asked={asked}>{(run) => <View run={run} query={query} change={change} />}</Ready>;
}

function loadOf(point: Point): string {
  const users = num(point, "concurrency");
  return users ? counted(users, "user") : `${number(num(point, "rate_rps"))} requests/s`;
}

function View({ run, query, change }: { run: Run; query: URLSearchParams; change: Change }) {
  const { summary } = run;
  const points = run.points as Point[];
  const place = Math.min(Number(query.get("point") ?? 0) || 0, Math.max(0, points.length - 1));
  const point = points[place];
  return (
    <>
      <div className="head">
        <div>
          <h1>{summary.model} on {summary.chip ? `${count(summary.chips)} \u00d7 ${summary.chip}` : "a server"}, {summary.engine} {summary.engine_version}</h1>
          <p className="note">
            Run {summary.id}: {summary.way}, {moment(summary.started)}, {summary.state}, {summary.points_done} of {summary.points_asked} points, {verdictsText(summary)}.
          </p>
        </div>
        <div className="tools">
          {run.command && <CopyButton primary text={run.command} label="Copy the command" />}
          <Recipe id={summary.id} />
          <Link className="btn" href={hrefOf("frontier", { model: summary.model })}>On the frontier</Link>
          <Link className="btn" href={hrefOf("runs")}>All runs</Link>
        </div>
      </div>
      <Points run={run} selected={place} onOpen={(next) => change({ point: String(next) })} />
      {point && <PointView run={run} point={point} place={place} />}
      {run.series.length > 0 && <SeriesView run={run} />}
      <Settings run={run} />
    </>
  );
}

/** Of a run of a sweep: the script that starts its server and measures it again. */
function Recipe({ id }: { id: string }) {
  const { source } = useKnown();
  const { value } = useAnswer(`run/${id}/recipe`, (signal) => source.runRecipe(id, signal));
  const script = value?.script;
  if (!script) return null;
  return (
    <button className="btn" title={`SHA-256 ${value.sha256}`} onClick={() => save(new Blob([script], { type: "text/x-shellscript" }), `recipe-${id}.sh`)}>
      Download the recipe
    </button>
  );
}

type Numbered = { place: number; point: Point };

function Points({ run, selected, onOpen }: { run: Run; selected: number; onOpen: (place: number) => void }) {
  const rows = useMemo(() => (run.points as Point[]).map((point, place) => ({ place, point })), [run]);
  const columns = useMemo<Column<Numbered>[]>(() => {
    const metric = (key: string, head: string, unit: string, show: (value: number | null) => string): Column<Numbered> => ({
      key, head, unit, value: ({ point }) => num(point, key), show: ({ point }) => show(num(point, key)),
    });
    const perChip = rows.some(({ point }) => num(point, "total_tps_per_chip") !== null);
    return [
      { key: "load", head: "Load", left: true, value: ({ point }) => num(point, "concurrency") || num(point, "rate_rps"), show: ({ point }) => <b>{loadOf(point)}</b> },
      perChip ? metric("total_tps_per_chip", "Throughput", "tokens/s/chip", number) : metric("total_tps", "Throughput", "tokens/s", number),
      metric("interactivity_p50_tps", "Each user p50", "tokens/s", number),
      metric("ttft_p50_s", "TTFT p50", "", duration),
      metric("ttft_p99_s", "TTFT p99", "", duration),
      metric("itl_p50_s", "ITL p50", "", duration),
      metric("itl_p99_s", "ITL p99", "", duration),
      metric("e2e_p50_s", "E2E p50", "", duration),
      metric("requests", "Requests", "in window", count),
      metric("failures", "Failures", "", count),
      { key: "window", head: "Window", left: true, value: ({ point }) => String(point["window"] ?? "") },
      { key: "verdict", head: "Instrument", left: true, value: ({ point }) => String(point["verdict"] ?? ""), show: ({ point }) => <VerdictWord verdict={String(point["verdict"] ?? "")} /> },
    ];
  }, [rows]);
  return (
    <section>
      <div className="section-head">
        <h2>Points</h2>
        <p className="note">one load each; open one to see its requests below</p>
      </div>
      <Table tall caption="Points of the run" rows={rows} columns={columns} rowKey={(row) => String(row.place)} selected={String(selected)} onOpen={(row) => onOpen(row.place)} />
    </section>
  );
}

function PointView({ run, point, place }: { run: Run; point: Point; place: number }) {
  const { source } = useKnown();
  const id = run.summary.id;
  const index = num(point, "index") ?? place;
  const asked = useAnswer(`run/${id}/${index}`, (signal) => source.runPoint(id, index, signal));
  const detail = record(point["verdict_detail"]);
  const reasons = [...list(detail["instrument_reasons"]).map((text) => `Instrument: ${text}`), ...list(detail["server_reasons"]).map((text) => `Server: ${text}`)];
  return (
    <section>
      <div className="section-head">
        <h2>At {loadOf(point)}</h2>
        {run.row_ids[place] && <Link href={hrefOf("frontier", { model: run.summary.model, point: run.row_ids[place]! })}>this point on the frontier</Link>}
      </div>
      {reasons.length > 0 && <ul className="list">{reasons.map((reason) => <li key={reason}>{reason}</li>)}</ul>}
      {asked.failure ? <Failed failure={asked.failure} /> : !asked.value || asked.stale ? <Waiting what="Reading the requests" /> : <Requests point={asked.value} />}
      <Audit point={point} />
    </section>
  );
}

function Requests({ point }: { point: RunPoint }) {
  const drawn = useMemo(() => timeline(point), [point]);
  const { requests } = point;
  const tip = (i: number): Tip => ({
    title: `Request ${requests.id[i]}${requests.warmup[i] ? ", warm-up" : ""}`,
    rows: [
      ["intended at", duration(requests.intended_s[i])],
      ["first token at", duration(requests.first_token_s[i])],
      ["ended at", duration(requests.end_s[i])],
      ["tokens in, out", `${count(requests.input_tokens[i])}, ${count(requests.output_tokens[i])}`],
      ["outcome", requests.outcome[i]!],
    ],
  });
  const hists = (["ttft", "itl", "e2e"] as const).flatMap((name) => (point.histograms[name] ? [{ name, of: point.histograms[name]! }] : []));
  const titles = { ttft: "Time to the first token", itl: "Gap between tokens", e2e: "Time of the whole answer" };
  return (
    <div className="stack">
      <Figure title="Requests over time" note={`grey: waiting for the first token; blue: tokens come; red: failed${requests.left_out > 0 ? `. ${count(requests.left_out)} of ${count(requests.total)} requests are not drawn` : ""}`}
        plot={drawn.plot} height={Math.min(420, 90 + drawn.lanes * 14)} table={() => requestsTable(point)} tip={tip} />
      <div className="thirds">
        {hists.map(({ name, of }) => (
          <Figure key={name} title={titles[name]} plot={histogram(of, titles[name], `${name}_s`)} height={210} table={() => histogramTable(of)} />
        ))}
      </div>
      <div className="halves">
        {point.courses.output_tps && <Figure title="Output tokens" plot={course(point.courses.output_tps, "output throughput", "output_tps", "tokens/s", point.window)} height={210} table={() => courseTable(point.courses.output_tps!, "output_tps")} />}
        {point.courses.in_flight && <Figure title="Requests in flight" plot={course(point.courses.in_flight, "requests in flight", "in_flight", "requests", point.window)} height={210} table={() => courseTable(point.courses.in_flight!, "in_flight")} />}
      </div>
    </div>
  );
}

/** What the load generator knows about itself, in its own names. */
function Audit({ point }: { point: Point }) {
  const audit = Object.entries(record(point["instrument"])).filter(([, value]) => value !== null && value !== "");
  const failures = Object.entries(record(point["failures_by_kind"]));
  const show = (name: string, value: unknown) => {
    if (typeof value !== "number") return String(value);
    if (name.endsWith("_s")) return duration(value);
    return name.endsWith("_fraction") ? percent(value) : number(value);
  };
  return (
    <div className="halves gap">
      <div>
        <h3>Audit of the instrument</h3>
        <dl className="facts">
          {audit.map(([name, value]) => (
            <div className="row" key={name}><dt>{name.replace(/_(s|fraction)$/, "").replaceAll("_", " ")}</dt><dd>{show(name, value)}</dd></div>
          ))}
        </dl>
      </div>
      <div>
        <h3>Failures of the server</h3>
        {failures.length === 0 ? <p className="note">None.</p> : (
          <dl className="facts">{failures.map(([kind, value]) => <div className="row" key={kind}><dt>{kind.replaceAll("_", " ")}</dt><dd className="bad">{String(value)}</dd></div>)}</dl>
        )}
      </div>
    </div>
  );
}

function SeriesView({ run }: { run: Run }) {
  const { source } = useKnown();
  const asked = useAnswer(`run/${run.summary.id}/series`, (signal) => source.runSeries(run.summary.id, signal));
  return (
    <section>
      <div className="section-head">
        <h2>Server and accelerators</h2>
        <p className="note">{counted(run.series.length, "series", "series")} read while the run went on</p>
      </div>
      <Ready asked={asked} what="Reading the series">{(value) => <SeriesFigures series={value} />}</Ready>
    </section>
  );
}

function SeriesFigures({ series }: { series: RunSeries }) {
  const metrics = [...new Set(series.series.map((one) => one.metric))];
  return (
    <div className="thirds">
      {metrics.map((metric) => {
        const mine = series.series.filter((one) => one.metric === metric);
        const legend = mine.length > 1 ? mine.map((one, paint) => ({ paint, letter: "", label: `${one.device} ${one.source}`.trim() })) : [];
        return <Figure key={metric} title={seriesTitle(metric)} note={mine.map((one) => one.device).filter(Boolean).join(", ")} plot={seriesPlot(metric, mine)} height={200} table={() => seriesTable(metric, mine)} legend={legend} />;
      })}
    </div>
  );
}

function Settings({ run }: { run: Run }) {
  const facts = (of: Record<string, string>) => ({ columns: ["name", "value"], rows: Object.entries(of) });
  return (
    <section className="stack">
      <h2>Settings</h2>
      <Notes notes={run.notes} />
      {run.command && <pre tabIndex={0}>{run.command}</pre>}
      <details className="more"><summary>Plan</summary><pre tabIndex={0}>{JSON.stringify(run.plan, null, 2)}</pre></details>
      <div className="halves">
        <details className="more"><summary>Machine of the client</summary><DataTable caption="Machine" table={facts(run.host)} /></details>
        <details className="more"><summary>Server</summary><DataTable caption="Server" table={facts(run.engine)} /></details>
      </div>
    </section>
  );
}
