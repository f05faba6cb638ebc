import { hrefOf } from "../../app/location";
import { Link } from "../../app/link";
import { useFollowed } from "../../data/follow";
import { useKnown } from "../../data/use";
import type { DaemonChange, DaemonEntry, DaemonHead, DaemonOccasion, DaemonRecord } from "../../data/types";
import { asked as typed, count, counted, duration, moment, number, percent, signedPercent } from "../../format/numbers";
import { Empty } from "../../parts/states";
import { FailureText, Followed, StateWord } from "./parts";

export function EntryPage({ name }: { name: string }) {
  const { source } = useKnown();
  const asked = useFollowed(`entry/${name}`, (signal) => source.daemonEntry(name, signal));
  return <Followed asked={asked} title={`Scheduled plan ${name}`} what="Reading what the daemon did">{(body) => <View body={body} fixed={source.fixed} />}</Followed>;
}

/** When it runs, in a sentence. */
export function scheduleText(entry: DaemonHead): string {
  const parts: string[] = [];
  if (entry.schedule) parts.push(`Runs at ${entry.schedule} (${entry.time_zone ?? "UTC"})`);
  if (entry.watch_every_s) parts.push(`${parts.length > 0 ? "and asks" : "Asks"} for new releases every ${duration(entry.watch_every_s)}`);
  return parts.join(", ") || "Its schedule is not told: the daemon that wrote this was of an earlier version";
}

function View({ body, fixed }: { body: DaemonEntry; fixed: boolean }) {
  const { entry } = body;
  return (
    <>
      <div className="head">
        <div>
          <h1>{entry.name}: {counted(entry.occasions, "run")}</h1>
          <p className="note" role="status"><StateWord state={entry.state} />. {scheduleText(entry)}. As of {moment(body.now)}, {fixed ? "when this copy was published" : "followed as it happens"}.</p>
        </div>
        <div className="tools">
          {entry.campaign && <Link className="btn primary" href={hrefOf("fleet", { campaign: entry.campaign })}>Its points</Link>}
          <Link className="btn" href={hrefOf("fleet")}>All of the fleet</Link>
        </div>
      </div>
      {entry.trouble && <div className="says bad" role="alert"><p>{entry.trouble}</p></div>}
      {entry.overdue_since && <div className="says warn"><p><strong>Due since {moment(entry.overdue_since)}.</strong> Nothing began: no 'roofscape daemon' runs, or it is busy with another entry.</p></div>}
      <dl className="facts">
        <dt>Next run</dt><dd>{moment(entry.next)}</dd>
        <dt>Plan</dt><dd>{entry.plan ?? "not told"}</dd>
        <dt>Newest release known</dt><dd>{entry.release ?? "\u2013"}</dd>
        <dt>Known since</dt><dd>{moment(entry.seen)}</dd>
      </dl>
      <section>
        <div className="section-head"><h2>Runs of the plan</h2>{body.left_out > 0 && <span className="note">{counted(body.left_out, "earlier one")} not shown</span>}</div>
        {body.occasions.length > 0 ? <div className="stack">{body.occasions.map((one) => <Occasion key={one.number} one={one} />)}</div> : (
          <Empty title="It has not run yet" command="roofscape daemon daemon.toml --once"><p>The next time is {moment(entry.next)}; this runs what never ran, now.</p></Empty>
        )}
      </section>
    </>
  );
}

function why(one: DaemonOccasion): string {
  if (one.cause === "release") return `since ${one.release ?? "a new release"} came out`;
  return one.cause === "first" ? "for the first time" : "by the schedule";
}

function Occasion({ one }: { one: DaemonOccasion }) {
  return (
    <article className="box stack">
      <div className="section-head">
        <h3>{one.number}. {one.ended ? (one.subject?.replace(/^[^:]*: /, "") ?? "ended") : "running"}</h3>
        <span className="note">{moment(one.begun)} {why(one)}, on {one.host}{one.ended && `, until ${moment(one.ended)}`}{one.points_done !== null && `, ${counted(one.points_done, "point")} done`}</span>
      </div>
      {one.missed > 0 && <p className="warn">{counted(one.missed, "earlier time")} of the schedule passed without a run.</p>}
      {one.broken && <p className="bad"><FailureText failure={one.broken} /></p>}
      {one.failures.length > 0 && <ul className="list">{one.failures.map((failure) => <li key={`${failure.class} ${failure.reason}`}>{counted(failure.points ?? 0, "point")} not measured, <FailureText failure={failure} /></li>)}</ul>}
      {one.changes.map((change) => <Change key={`${change.title} ${change.worse}`} change={change} />)}
      {one.records.map((record) => <Record key={`${record.title} ${record.target}`} record={record} />)}
      {(one.told.length > 0 || one.untold.length > 0 || one.published) && (
        <p className="note">
          {one.told.length > 0 && `Told by ${one.told.join(", ")}. `}
          {one.untold.length > 0 && <span className="warn">Still to be told by {one.untold.join(", ")}. </span>}
          {one.published && "Published."}
        </p>
      )}
    </article>
  );
}

function Change({ change }: { change: DaemonChange }) {
  return (
    <div>
      <p><b className={change.worse ? "bad" : "good"}>{change.worse ? "Worse" : "Better"}</b>: {change.title}</p>
      <ul className="list">
        {change.shifts.map((shift) => <li key={shift.metric}>{shift.metric} {signedPercent(shift.change)} <span className="quiet">(a finding from {percent(shift.smallest_finding)} on, held against {count(shift.history)} earlier)</span></li>)}
        <li>{change.changed_with_it.length === 0 ? "Nothing that is known of changed with it." : "Changed with it: "}
          {change.changed_with_it.map((fact, i) => <span key={fact.name}>{i > 0 && "; "}<b>{fact.name}</b> {fact.was || "none"}, now {fact.now || "none"}</span>)}
        </li>
      </ul>
    </div>
  );
}

function Record({ record }: { record: DaemonRecord }) {
  return <p><b className="good">Record</b>: {record.title}: {record.metric} {number(record.value)} at {typed(record.target)}, before {number(record.before)}</p>;
}
