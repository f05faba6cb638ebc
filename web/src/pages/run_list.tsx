import { useMemo } from "react";
import { hrefOf, go, useQuery } from "../app/location";
import { useAnswer, useKnown } from "../data/use";
import type { Runs, RunSummary } from "../data/types";
import { count, counted, moment } from "../format/numbers";
import { Empty, Ready } from "../parts/states";
import { Table, type Column } from "../parts/table";
import { ask, keyOf } from "./query";

const PAGE = 100;

export function RunList() {
  const [query, change] = useQuery();
  const { source } = useKnown();
  const offset = Number(query.get("offset") ?? 0) || 0;
  const question = ask(query, ["model", "engine", "chip"], { limit: String(PAGE), offset: offset > 0 ? String(offset) : undefined });
  const asked = useAnswer(keyOf("runs", question), (signal) => source.runs(question, signal));
  return <Ready asked={asked}>{(runs) => <List runs={runs} onOffset={(next) => change({ offset: next > 0 ? String(next) : undefined })} />}</Ready>;
}

export function verdictsText(run: RunSummary): string {
  const parts = [
    run.valid > 0 && `${run.valid} valid`,
    run.degraded > 0 && `${run.degraded} degraded`,
    run.invalid > 0 && `${run.invalid} invalid`,
  ].filter(Boolean);
  return parts.join(", ") || "no point yet";
}

function List({ runs, onOffset }: { runs: Runs; onOffset: (offset: number) => void }) {
  const columns = useMemo<Column<RunSummary>[]>(
    () => [
      { key: "started", head: "Started", left: true, value: (run) => run.started, show: (run) => moment(run.started) },
      { key: "model", head: "Model", left: true, value: (run) => run.model },
      { key: "engine", head: "Engine", left: true, value: (run) => `${run.engine} ${run.engine_version}`.trim() },
      { key: "chip", head: "Chips", left: true, value: (run) => run.chip, show: (run) => (run.chip ? `${count(run.chips)} \u00d7 ${run.chip}` : "not told") },
      { key: "workload", head: "Workload", left: true, value: (run) => run.workload },
      { key: "way", head: "Way", left: true, value: (run) => run.way },
      { key: "points", head: "Points", unit: "done of asked", value: (run) => run.points_done, show: (run) => `${run.points_done} of ${run.points_asked}` },
      { key: "verdict", head: "Instrument", left: true, value: (run) => -run.invalid * 1e6 - run.degraded,
        show: (run) => <span className={run.invalid ? "bad" : run.degraded ? "warn" : "good"}>{verdictsText(run)}</span> },
      { key: "state", head: "State", left: true, value: (run) => run.state },
      { key: "labels", head: "Labels", left: true, value: (run) => Object.entries(run.labels).map(([name, value]) => `${name}=${value}`).join(" ") },
    ],
    [],
  );
  if (runs.total === 0)
    return (
      <>
        <div className="head"><h1>No run of your own yet</h1></div>
        <Empty title="Measure a server" command={"roofscape bench http://127.0.0.1:8000 --concurrency 1,2,4,8,16 --chip h200-sxm --chips 8"}>
          <p>Each run keeps every event of every request. Imported rows are on the Frontier and have no requests to show.</p>
        </Empty>
      </>
    );
  const last = Math.min(runs.total, runs.offset + runs.runs.length);
  return (
    <>
      <div className="head">
        <div>
          <h1>{counted(runs.total, "run")} of your own</h1>
          <p className="note">Newest first. Open one for its requests, distributions, audit and series.</p>
        </div>
        {runs.total > runs.runs.length && (
          <div className="tools">
            <span className="note">{count(runs.offset + 1)} to {count(last)}</span>
            <button className="btn" disabled={runs.offset === 0} onClick={() => onOffset(Math.max(0, runs.offset - PAGE))}>Newer</button>
            <button className="btn" disabled={last >= runs.total} onClick={() => onOffset(runs.offset + PAGE)}>Older</button>
          </div>
        )}
      </div>
      <Table tall caption="Runs" rows={runs.runs} columns={columns} rowKey={(run) => run.id} onOpen={(run) => go(hrefOf("runs", { run: run.id }))} />
    </>
  );
}
