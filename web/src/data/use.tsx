// One answer for a component: asked for when its key changes, the last one kept in sight meanwhile.
import { createContext, useContext, useEffect, useState } from "react";
import { Refusal, type Source } from "./source";
import type { Meta } from "./types";

export interface Known {
  source: Source;
  meta: Meta;
}

export const KnownContext = createContext<Known | null>(null);

export function useKnown(): Known {
  const known = useContext(KnownContext);
  if (!known) throw new Error("no data source above this component");
  return known;
}

export interface Asked<Body> {
  value: Body | null;
  /** `value` answers an older question. */
  stale: boolean;
  failure: Refusal | null;
}

// What was seen lately: back and forward show it at once.
const KEPT = 24;
const kept = new Map<string, unknown>();

function keep(key: string, value: unknown): void {
  kept.delete(key);
  kept.set(key, value);
  const oldest = kept.keys().next().value;
  if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
}

export function forgetAnswers(): void {
  kept.clear();
}

function refusal(failure: unknown): Refusal {
  if (failure instanceof Refusal) return failure;
  return new Refusal("internal", `this page could not read the answer: ${String(failure)}`);
}

/** `key` names the question; null asks nothing. */
export function useAnswer<Body>(
  key: string | null,
  ask: (signal: AbortSignal) => Promise<Body>,
): Asked<Body> {
  const [state, setState] = useState<{ key: string | null } & Asked<Body>>({
    key: null,
    value: null,
    stale: false,
    failure: null,
  });
  useEffect(() => {
    if (key === null || kept.has(key)) return;
    const control = new AbortController();
    ask(control.signal).then(
      (value) => {
        keep(key, value);
        if (!control.signal.aborted) setState({ key, value, stale: false, failure: null });
      },
      (failure) => {
        if (control.signal.aborted) return;
        setState({ key, value: null, stale: false, failure: refusal(failure) });
      },
    );
    return () => control.abort();
    // `ask` is a new function at each render; the key says when the question is another.
  }, [key]);
  if (key === null) return { value: null, stale: false, failure: null };
  const held = kept.get(key) as Body | undefined;
  if (held !== undefined) {
    if (state.key !== key || state.value !== held)
      queueMicrotask(() => setState({ key, value: held, stale: false, failure: null }));
    return { value: held, stale: false, failure: null };
  }
  if (state.key === key) return state;
  return { value: state.value, stale: true, failure: null };
}
