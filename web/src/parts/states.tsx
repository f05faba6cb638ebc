// What stands in place of a view that has nothing to show yet: it waits, it failed, it is empty.
import { useState, type ReactNode } from "react";
import type { Refusal } from "../data/source";
import type { Asked } from "../data/use";
import { keepToken } from "../data/token";

export function Waiting({ what = "Reading the store" }: { what?: string }) {
  return (
    <div className="wait" role="status">
      {what}
      {"\u2026"}
    </div>
  );
}

export function Failed({ failure }: { failure: Refusal }) {
  if (failure.code === "unauthorized") return <AskToken why={failure.message} />;
  const title =
    failure.code === "needs_server" ? "Not in a published copy"
    : failure.code === "invalid_argument" ? "This question cannot be answered"
    : failure.code === "not_found" ? "Not found"
    : "No answer";
  return (
    <div className={`says ${failure.code === "needs_server" ? "warn" : "bad"}`} role="alert">
      <p>
        <strong>{title}.</strong> {failure.message}
      </p>
    </div>
  );
}

function AskToken({ why }: { why: string }) {
  const [value, setValue] = useState("");
  return (
    <form
      className="says warn stack"
      onSubmit={(event) => {
        event.preventDefault();
        keepToken(value.trim());
        location.reload();
      }}
    >
      <p role="alert">
        <strong>A token is needed.</strong> {why}
      </p>
      <label className="field">
        <span>Token</span>
        <input type="password" autoComplete="off" required value={value} onChange={(event) => setValue(event.target.value)} />
      </label>
      <button className="btn primary">Use it in this tab</button>
    </form>
  );
}

/** An empty state says what to do. */
export function Empty({ title, children, command }: { title: string; children?: ReactNode; command?: string }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
      {command && <pre tabIndex={0}>{command}</pre>}
    </div>
  );
}

/** The three states of an answer, and the view of a good one. */
export function Ready<Body>({ asked, what, children }: { asked: Asked<Body>; what?: string; children: (value: Body) => ReactNode }) {
  if (asked.failure) return <Failed failure={asked.failure} />;
  if (!asked.value) return <Waiting what={what} />;
  return (
    <div className={asked.stale ? "stale" : undefined} aria-busy={asked.stale}>
      {children(asked.value)}
    </div>
  );
}

export function Notes({ notes }: { notes: string[] }) {
  if (notes.length === 0) return null;
  return (
    <ul className="list note">
      {notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}
