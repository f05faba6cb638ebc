import { useMemo } from "react";
import { go, hrefOf } from "../../app/location";
import { Link } from "../../app/link";
import { useFollowed } from "../../data/follow";
import { useKnown } from "../../data/use";
import type { DaemonHead, FleetNow, SweepHead } from "../../data/types";
import { count, counted, duration, moment } from "../../format/numbers";
import { Empty } from "../../parts/states";
import { Table, type Column } from "../../parts/table";
import { budgetText, Followed, pointsText, StateWord, StatusBar } from "./parts";

export function Overview() {
  const { source } = useKnown();
  const asked = useFollowed("fleet", (signal) => source.fleet(signal));
  return <Followed asked={asked} title="Fleet" what="Reading campaigns">{(fleet) => <View fleet={fleet} fixed={source.fixed} />}</Followed>;
}

function headline({ campaigns, entries }: FleetNow): string {
  const running = campaigns.filter(({ state }) => state === "running").length;
  const parts = [counted(campaigns.length, "campaign") + (running > 0 ? `, ${count(running)} running` : "")];
  if (entries.length > 0) parts.push(counted(entries.length, "scheduled plan"));
  return parts.join("; ");
}

function View({ fleet, fixed }: { fleet: FleetNow; fixed: boolean }) {
  const { campaigns, entries } = fleet;
  const none = campaigns.length === 0 && entries.length === 0;
  return (
    <>
      <div className="head">
        <div>
          <h1>{none ? "No campaign yet" : headline(fleet)}</h1>
          <p className="note" role="status">As of {moment(fleet.now)}, {fixed ? "when this copy was published" : "followed as it happens"}.</p>
        </div>
      </div>
      {campaigns.length > 0 ? <Campaigns campaigns={campaigns} /> : (
        <Empty title="Measure deployments × workloads × loads from one file" command="roofscape sweep plan.toml --dry-run && roofscape sweep plan.toml">
          <p>Every point of a campaign shows up here: pending, running, done, failed with its cure. It goes on where it was after any kill.</p>
        </Empty>
      )}
      <section>
        <div className="section-head"><h2>Scheduled plans</h2><p className="note">by the calendar, or when a new release comes out</p></div>
        {entries.length > 0 ? <Entries entries={entries} /> : (
          <Empty title="Run a plan every night, and be told what got worse" command="roofscape daemon daemon.toml">
            <p>An entry of its file names a plan, a schedule as cron has it, and whom to tell.</p>
          </Empty>
        )}
      </section>
    </>
  );
}

function Campaigns({ campaigns }: { campaigns: SweepHead[] }) {
  return (
    <div className="stack">
      {campaigns.map((one) => (
        <div key={one.name} className="box stack">
          <div className="section-head">
            <h2><Link href={hrefOf("fleet", { campaign: one.name })}>{one.name}</Link></h2>
            <StateWord state={one.state} />
            <span className="note">{one.purpose || `begun ${moment(one.started)}`}</span>
          </div>
          {one.trouble ? <p className="bad">{one.trouble}</p> : <StatusBar head={one} />}
          <p className="note">
            {pointsText(one)}
            {one.open_s > 0 && `; about ${duration(one.open_s)} of measuring left`}
            {one.state !== "ended" && one.budgets.map((budget) => `; ${budgetText(budget)}`).join("")}
            {one.hosts_aside > 0 && <>; <span className="bad">{counted(one.hosts_aside, "host")} set aside</span></>}
            {one.last && `; last news ${moment(one.last)}`}
          </p>
        </div>
      ))}
    </div>
  );
}

/** What its last run came to, in a word or two. */
export function lastText({ last }: DaemonHead): string {
  if (!last) return "never ran";
  if (!last.ended) return `run ${last.number} since ${moment(last.begun)}`;
  const subject = last.subject?.replace(/^[^:]*: /, "") ?? "ended";
  return `${moment(last.begun)}: ${subject}`;
}

function tone({ last }: DaemonHead): string | undefined {
  if (!last?.ended) return undefined;
  return last.broken || last.changes.some(({ worse }) => worse) ? "bad" : last.failures.length > 0 ? "warn" : undefined;
}

function Entries({ entries }: { entries: DaemonHead[] }) {
  const columns = useMemo<Column<DaemonHead>[]>(
    () => [
      { key: "name", head: "Entry", left: true, value: (one) => one.name, show: (one) => <Link href={hrefOf("fleet", { entry: one.name })}>{one.name}</Link> },
      { key: "state", head: "State", left: true, value: (one) => one.state, show: (one) => <StateWord state={one.state} /> },
      { key: "schedule", head: "Schedule", left: true, value: (one) => one.schedule,
        show: (one) => (one.schedule ? <><code>{one.schedule}</code> {one.time_zone}</> : one.watch_every_s ? `asks every ${duration(one.watch_every_s)}` : "not told") },
      { key: "next", head: "Next", left: true, value: (one) => one.next, show: (one) => (one.overdue_since ? <span className="bad">due since {moment(one.overdue_since)}</span> : moment(one.next)) },
      { key: "last", head: "Last run", left: true, value: (one) => one.last?.begun ?? null, show: (one) => <span className={tone(one)}>{lastText(one)}</span> },
      { key: "runs", head: "Runs", value: (one) => one.occasions, show: (one) => count(one.occasions) },
      { key: "campaign", head: "Campaign", left: true, value: (one) => one.campaign, show: (one) => (one.campaign ? <Link href={hrefOf("fleet", { campaign: one.campaign })}>{one.campaign}</Link> : "\u2013") },
    ],
    [],
  );
  return <Table tall caption="Scheduled plans" rows={entries} columns={columns} rowKey={(one) => one.name} onOpen={(one) => go(hrefOf("fleet", { entry: one.name }))} />;
}
