import { useCallback, useEffect, useState } from "react";
import { hrefOf } from "../app/location";
import { Link } from "../app/link";
import { followLive } from "../data/follow";
import { forgetAnswers, useKnown } from "../data/use";
import { needsServer, type Refusal } from "../data/source";
import type { Live } from "../data/types";
import { count, counted, duration, moment } from "../format/numbers";
import { Empty, Failed, Waiting } from "../parts/states";
import { Queue } from "./live/queue";
import { verdictsText } from "./run_list";

export default function LivePage() {
  const { source } = useKnown();
  const [live, setLive] = useState<Live | null>(null);
  const [failure, setFailure] = useState<Refusal | null>(source.fixed ? needsServer("Watching runs") : null);
  const show = useCallback((next: Live) => {
    // New data: what other pages remember is old.
    setLive((old) => {
      if (old && old.generation !== next.generation) forgetAnswers();
      return next;
    });
    setFailure(null);
  }, []);
  useEffect(() => {
    if (source.fixed) return;
    const control = new AbortController();
    void followLive(source, async () => show(await source.live(control.signal)), show, setFailure, control.signal);
    return () => control.abort();
  }, [source, show]);
  if (failure && !live) return <><div className="head"><h1>Runs in progress</h1></div><Failed failure={failure} /></>;
  if (!live) return <Waiting what="Looking for runs" />;
  return <View live={live} failure={failure} onChange={() => void source.live(new AbortController().signal).then(show, () => undefined)} />;
}

function View({ live, failure, onChange }: { live: Live; failure: Refusal | null; onChange: () => void }) {
  const { meta } = useKnown();
  return (
    <>
      <div className="head">
        <div>
          <h1>{live.runs.length === 0 ? "Nothing runs" : `${counted(live.runs.length, "run")} in progress`}</h1>
          <p className="note" role="status">As of {moment(live.now)}, followed as it happens.</p>
        </div>
      </div>
      {failure && <Failed failure={failure} />}
      {live.runs.length === 0 ? (
        <Empty title="Start one, and watch it here" command="roofscape bench http://127.0.0.1:8000 --concurrency 1,2,4,8,16">
          <p>Every run that writes into this store shows up, whoever started it.</p>
        </Empty>
      ) : (
        <div className="stack">{live.runs.map((one) => <Running key={one.run.id} one={one} />)}</div>
      )}
      {meta.capabilities.runs && <Queue entries={live.queue} onChange={onChange} />}
      {live.recent.length > 0 && (
        <section>
          <div className="section-head"><h2>Lately ended</h2></div>
          <ul className="list">
            {live.recent.map((run) => (
              <li key={run.id}>
                <Link href={hrefOf("runs", { run: run.id })}>{run.model} on {run.chip || "a server"}</Link> {moment(run.ended)}, {run.state}: {verdictsText(run)}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Running({ one }: { one: Live["runs"][number] }) {
  const { run, points } = one;
  return (
    <div className="box stack">
      <div className="section-head">
        <h2><Link href={hrefOf("runs", { run: run.id })}>{run.model} on {run.chip ? `${count(run.chips)} \u00d7 ${run.chip}` : "a server"}</Link></h2>
        <span className="note">{run.engine} {run.engine_version}, {run.workload}, since {duration(one.began_s)}</span>
        {one.stale && <span className="warn">nothing was written for a minute</span>}
      </div>
      <progress max={run.points_asked || 1} value={run.points_done} aria-label={`${run.points_done} of ${run.points_asked} points done`} />
      <p className="note">{run.points_done} of {run.points_asked} points done; {verdictsText(run)}</p>
      <ul className="live-points">
        {points.map((point) => (
          <li key={point.point} className={point.state}>
            <b>{point.load}</b> {counted(point.requests, "request")} <span className="quiet">{point.state}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
