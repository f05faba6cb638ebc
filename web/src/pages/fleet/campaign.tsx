import { useMemo, useState } from "react";
import { hrefOf, useQuery } from "../../app/location";
import { Link } from "../../app/link";
import { save } from "../../chart/export";
import { useFollowed } from "../../data/follow";
import { Refusal } from "../../data/source";
import { useKnown } from "../../data/use";
import type { Sweep, SweepPoint } from "../../data/types";
import { count, counted, duration, moment, number, usd } from "../../format/numbers";
import { VerdictWord } from "../../parts/known";
import { Empty } from "../../parts/states";
import { Table, type Column } from "../../parts/table";
import { Budget, FailureText, Followed, pointsText, STATUSES, StateWord, StatusBar, StatusWord } from "./parts";

export function CampaignPage({ name }: { name: string }) {
  const { source } = useKnown();
  const asked = useFollowed(`sweep/${name}`, (signal) => source.sweep(name, signal));
  return <Followed asked={asked} title={`Campaign ${name}`} what="Reading the campaign">{(sweep) => <View sweep={sweep} fixed={source.fixed} />}</Followed>;
}

function View({ sweep, fixed }: { sweep: Sweep; fixed: boolean }) {
  const { campaign } = sweep;
  return (
    <>
      <div className="head">
        <div>
          <h1>{campaign.name}: {pointsText(campaign)}</h1>
          <p className="note" role="status">
            <StateWord state={campaign.state} />, begun {moment(campaign.started)}; as of {moment(sweep.now)}, {fixed ? "when this copy was published" : "followed as it happens"}.
          </p>
          {campaign.purpose && <p className="lead">{campaign.purpose}</p>}
        </div>
        <div className="tools"><Link className="btn" href={hrefOf("fleet")}>All campaigns</Link></div>
      </div>
      {campaign.trouble && <div className="says bad" role="alert"><p>{campaign.trouble}</p></div>}
      <StatusBar head={campaign} />
      <dl className="figures below-bar">
        <Figure name="to measure" value={duration(campaign.open_s)} note="estimated, one after the other" />
        <Figure name="device-hours" value={number(campaign.device_h)} note="of jobs that ended" />
        <Figure name="cost" value={usd(campaign.usd)} note={campaign.usd_per_device_h === null ? "no price of its chips" : `${usd(campaign.usd_per_device_h)} a device-hour`} />
        <Figure name="jobs" value={count(sweep.jobs.length)} note="that have not ended" />
      </dl>
      {campaign.budgets.length > 0 && <section><div className="section-head"><h2>Budgets</h2></div><div className="thirds">{campaign.budgets.map((one) => <Budget key={one.name} budget={one} />)}</div></section>}
      <Troubles sweep={sweep} />
      <Jobs sweep={sweep} />
      <Points points={sweep.points} />
      {sweep.points_left_out > 0 && <p className="note">{counted(sweep.points_left_out, "further point")} of the plan: <code>roofscape sweep PLAN --status --json</code> tells all.</p>}
    </>
  );
}

function Figure({ name, value, note }: { name: string; value: string; note: string }) {
  return <div><dt>{name}</dt><dd><b>{value}</b><span>{note}</span></dd></div>;
}

function Troubles({ sweep }: { sweep: Sweep }) {
  const aside = sweep.hosts.filter((host) => host.aside);
  const shaky = sweep.hosts.filter((host) => !host.aside);
  if (sweep.reasons.length === 0 && sweep.hosts.length === 0) return null;
  return (
    <section>
      <div className="section-head"><h2>What went wrong</h2>{sweep.reasons.length > 0 && <span className="note">failed points are taken up again by <code>roofscape sweep PLAN --retry-failed</code></span>}</div>
      <ul className="list">
        {sweep.reasons.map((one) => (
          <li key={`${one.status} ${one.class} ${one.reason}`}><span className={one.status === "failed" ? "bad" : "warn"}>{counted(one.points, "point")} {one.status}</span>, <FailureText failure={one} /></li>
        ))}
        {aside.map((one) => <li key={one.host}><span className="bad">host {one.host} is set aside</span> after {counted(one.failures, "failure")}{one.last && `: ${one.last}`}. It gets no further jobs of this campaign.</li>)}
        {shaky.map((one) => <li key={one.host}>host {one.host}: {counted(one.failures, "failure")}{one.last && `, the last: ${one.last}`}</li>)}
      </ul>
    </section>
  );
}

function Jobs({ sweep }: { sweep: Sweep }) {
  if (sweep.jobs.length === 0) return null;
  return (
    <section>
      <div className="section-head"><h2>Jobs</h2><p className="note">a start of a server with its points</p></div>
      <ul className="list">
        {sweep.jobs.map((job) => (
          <li key={job.job}><b>{job.deployment}</b>, {counted(job.points, "point")} on {counted(job.chips, "chip")}, {job.host ? `on ${job.host}` : "not begun"}, made {moment(job.made)} <span className="quiet">{job.job}</span></li>
        ))}
      </ul>
    </section>
  );
}

function Recipe({ run }: { run: string }) {
  const { source } = useKnown();
  const [trouble, setTrouble] = useState("");
  const fetchIt = async () => {
    try {
      const { script } = await source.runRecipe(run, new AbortController().signal);
      setTrouble(script ? "" : "it has no recipe");
      if (script) save(new Blob([script], { type: "text/x-shellscript" }), `recipe-${run}.sh`);
    } catch (why) {
      setTrouble(why instanceof Refusal ? why.message : String(why));
    }
  };
  return (
    <>
      <button className="linkish" aria-label={`Download the recipe of ${run}`} onClick={() => void fetchIt()}>recipe</button>
      {trouble && <span className="bad" role="alert"> {trouble}</span>}
    </>
  );
}

export function whyText(point: SweepPoint): string {
  if (!point.failure) return "";
  const { class: kind, reason, cure } = point.failure;
  return `${kind}${reason && `: ${reason}`}${cure ? `. Cure: ${cure}` : ""}`;
}

const COLUMNS: Column<SweepPoint>[] = [
  { key: "deployment", head: "Deployment", left: true, value: (point) => point.deployment },
  { key: "title", head: "Point", left: true, value: (point) => point.title },
  { key: "round", head: "Round", value: (point) => point.round },
  { key: "status", head: "State", left: true, value: (point) => STATUSES.indexOf(point.status), show: (point) => <StatusWord status={point.status} /> },
  { key: "verdict", head: "Instrument", left: true, value: (point) => point.verdict, show: (point) => (point.verdict ? <VerdictWord verdict={point.verdict} /> : "\u2013") },
  { key: "measured", head: "Measured", left: true, value: (point) => point.measured, show: (point) => moment(point.measured) },
  { key: "run", head: "Run", left: true, value: (point) => point.run, show: (point) => (point.run ? <><Link href={hrefOf("runs", { run: point.run })}>{point.run}</Link> <Recipe run={point.run} /></> : "\u2013") },
  { key: "failures", head: "Failed tries", value: (point) => point.failures || null },
  { key: "why", head: "Why not", left: true, wrap: true, value: whyText, show: (point) => (point.failure ? <FailureText failure={point.failure} /> : "\u2013") },
];

function Points({ points }: { points: SweepPoint[] }) {
  const [query, change] = useQuery();
  const status = query.get("status");
  const shown = useMemo(() => (status ? points.filter((point) => point.status === status) : points), [points, status]);
  const troubled = points.some((point) => point.failure);
  const columns = useMemo(() => (troubled ? COLUMNS : COLUMNS.filter(({ key }) => key !== "failures" && key !== "why")), [troubled]);
  return (
    <section>
      <div className="section-head"><h2>{counted(shown.length, "point")}</h2></div>
      <fieldset className="field state-choice">
        <legend>State</legend>
        <div className="seg">
          {[null, ...STATUSES].map((one) => (
            <label key={one ?? "all"}>
              <input type="radio" name="status" checked={status === one} onChange={() => change({ status: one ?? undefined })} />{one ?? "all"}
            </label>
          ))}
        </div>
      </fieldset>
      {shown.length > 0 ? <Table caption="Points of the campaign" rows={shown} columns={columns} rowKey={(point) => point.point} /> : <Empty title={`No point is ${status}`}><p>Choose another state above.</p></Empty>}
    </section>
  );
}
