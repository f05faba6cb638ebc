// What changes while one looks: the stream of events of a running server, taken up again when it
// breaks, and answers that are asked for again when it says that there is news.
import { useEffect, useState } from "react";
import { useKnown, type Asked } from "./use";
import { Refusal, type Source } from "./source";
import type { Live } from "./types";

const AGAIN_MS = 3000;
// Some things change by time alone: that nobody gives signs of life any more.
const ANYWAY_MS = 30_000;

function refusalOf(why: unknown): Refusal {
  return why instanceof Refusal ? why : new Refusal("internal", `the stream of events broke: ${String(why)}`);
}

/** Until the signal aborts. `begin` comes first, and after each break. */
export async function followLive(source: Source, begin: () => Promise<void>, on: (live: Live) => void, failed: (why: Refusal) => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await begin();
      await source.watch(on, signal);
    } catch (why) {
      if (signal.aborted) return;
      failed(refusalOf(why));
    }
    await new Promise((done) => setTimeout(done, AGAIN_MS));
  }
}

/** An answer about the fleet, asked for again whenever something happens to it. `key` names the question. */
export function useFollowed<Body extends { fleet: number }>(key: string, ask: (signal: AbortSignal) => Promise<Body>): Asked<Body> {
  const { source } = useKnown();
  const [state, setState] = useState<{ key: string } & Asked<Body>>({ key, value: null, stale: false, failure: null });
  useEffect(() => {
    const control = new AbortController();
    const { signal } = control;
    let shown = -1;
    const load = async () => {
      const value = await ask(signal);
      if (signal.aborted) return;
      shown = value.fleet;
      setState({ key, value, stale: false, failure: null });
    };
    const failed = (failure: Refusal) => setState((old) => ({ key, value: old.key === key ? old.value : null, stale: false, failure }));
    // One at a time, and once more if something happened meanwhile: answers come in their order.
    let busy = false;
    let missed = false;
    const again = async () => {
      missed = busy;
      if (busy) return;
      busy = true;
      try {
        do {
          missed = false;
          await load();
        } while (missed && !signal.aborted);
      } catch (why) {
        if (!signal.aborted) failed(refusalOf(why));
      }
      busy = false;
    };
    if (source.fixed) {
      void again();
      return () => control.abort();
    }
    void followLive(source, load, (live) => void (live.fleet !== shown && again()), failed, signal);
    const timer = setInterval(() => void again(), ANYWAY_MS);
    return () => {
      clearInterval(timer);
      control.abort();
    };
    // `ask` is a new function at each render; the key says when the question is another.
  }, [key, source]);
  return state.key === key ? state : { value: null, stale: false, failure: null };
}
