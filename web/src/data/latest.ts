// For sliders: one question on its way at a time, and the newest next. What comes back is shown at
// once, so that a curve follows the hand instead of waiting for it to stop.
import { useEffect, useRef, useState } from "react";
import { Refusal } from "./source";

export interface Latest<Body> {
  value: Body | null;
  failure: Refusal | null;
  busy: boolean;
}

export function useLatest<Body>(key: string | null, ask: (signal: AbortSignal) => Promise<Body>): Latest<Body> {
  const [state, setState] = useState<Latest<Body>>({ value: null, failure: null, busy: false });
  const wanted = useRef<{ key: string | null; ask: typeof ask }>({ key: null, ask });
  const going = useRef(false);
  const control = useRef<AbortController | null>(null);
  wanted.current = { key, ask };
  useEffect(() => {
    const next = async () => {
      if (going.current) return;
      going.current = true;
      let asked: string | null = null;
      control.current ??= new AbortController();
      const { signal } = control.current;
      while (wanted.current.key !== null && wanted.current.key !== asked && !signal.aborted) {
        asked = wanted.current.key;
        try {
          const value = await wanted.current.ask(signal);
          setState({ value, failure: null, busy: wanted.current.key !== asked });
        } catch (why) {
          if (signal.aborted) break;
          const failure = why instanceof Refusal ? why : new Refusal("internal", String(why));
          setState((old) => ({ ...old, failure, busy: false }));
        }
      }
      going.current = false;
    };
    if (key !== null) void next();
  }, [key]);
  useEffect(
    () => () => {
      control.current?.abort();
      control.current = null;
    },
    [],
  );
  return state;
}
