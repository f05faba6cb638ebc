// What the pages of the fleet share: words and colours of states, bars, the state of a question.
import type { ReactNode } from "react";
import type { Asked } from "../../data/use";
import type { DaemonHead, SweepBudget, SweepHead, SweepPoint, WorkFailure } from "../../data/types";
import { count, counted, number, percent, usd } from "../../format/numbers";
import { Failed, Waiting } from "../../parts/states";

type Status = SweepPoint["status"];

export const STATUSES: Status[] = ["done", "running", "pending", "failed", "skipped"];

const TONES: Record<Status, string> = { done: "good", running: "", pending: "quiet", failed: "bad", skipped: "warn" };

export function StatusWord({ status }: { status: Status }) {
  return <span className={TONES[status]}>{status}</span>;
}

const STATES: Record<SweepHead["state"] | DaemonHead["state"], [string, string]> = {
  running: ["running", "good"],
  stopped: ["stopped, not finished", "warn"],
  ended: ["ended", "quiet"],
  unreadable: ["cannot be read", "bad"],
  waiting: ["waiting for its time", "quiet"],
  overdue: ["overdue", "bad"],
};

export function StateWord({ state }: { state: keyof typeof STATES }) {
  const [word, tone] = STATES[state];
  return <span className={tone}>{word}</span>;
}

/** "20 of 24 done, 2 failed, 2 pending" */
export function pointsText(head: SweepHead): string {
  const rest = STATUSES.slice(1).filter((status) => head[status] > 0).map((status) => `${count(head[status])} ${status}`);
  return [`${count(head.done)} of ${counted(head.points, "point")} done`, ...rest].join(", ");
}

export function StatusBar({ head }: { head: SweepHead }) {
  return (
    <div className="bar-map status-bar" role="img" aria-label={pointsText(head)}>
      {STATUSES.filter((status) => head[status] > 0).map((status) => (
        <span key={status} className={`bar-part st-${status}`} style={{ flexGrow: head[status] }} title={`${count(head[status])} ${status}`} />
      ))}
    </div>
  );
}

const BUDGETS: Record<SweepBudget["name"], string> = { wall_hours: "Hours", device_hours: "Device-hours", usd: "Money" };

/** "1.2 of 8 device-h" */
export function budgetText(budget: SweepBudget): string {
  const show = (value: number | null) => (budget.unit === "USD" ? usd(value) : number(value));
  const unit = budget.unit === "USD" ? "" : ` ${budget.unit}`;
  return budget.used === null ? `${show(budget.limit)}${unit} from each start on` : `${show(budget.used)} of ${show(budget.limit)}${unit}`;
}

export function Budget({ budget }: { budget: SweepBudget }) {
  const text = budgetText(budget);
  return (
    <div>
      <p><b>{BUDGETS[budget.name]}</b> <span className="quiet">{text}{budget.used_share !== null && `, ${percent(budget.used_share)} used`}</span></p>
      {budget.used_share !== null && <progress max={1} value={budget.used_share} aria-label={`${BUDGETS[budget.name]}: ${text}`} />}
    </div>
  );
}

export function FailureText({ failure }: { failure: Pick<WorkFailure, "class" | "reason" | "cure"> }) {
  return (
    <>
      <b>{failure.class}</b>{failure.reason && `: ${failure.reason}`}
      {failure.cure && <span className="quiet"> Cure: {failure.cure}</span>}
    </>
  );
}

/** While one looks, an answer that is there stays in sight when the server goes away. */
export function Followed<Body>({ asked, title, what, children }: { asked: Asked<Body>; title: string; what: string; children: (value: Body) => ReactNode }) {
  if (asked.value) return <>{asked.failure && <Failed failure={asked.failure} />}{children(asked.value)}</>;
  if (asked.failure) return <><div className="head"><h1>{title}</h1></div><Failed failure={asked.failure} /></>;
  return <Waiting what={what} />;
}
