// Where figures come from: a running `roofscape serve`, or the files of `roofscape publish`. Pages
// know only this interface. No figure is computed here or behind it in the browser.
import type * as T from "./types";

export type Query = Record<string, string | string[] | undefined>;

export function listOf(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

export interface Source {
  /** A published site: nothing runs behind it. */
  readonly fixed: boolean;
  meta(signal: AbortSignal): Promise<T.Meta>;
  frontier(query: Query, signal: AbortSignal): Promise<T.Frontier>;
  row(id: string, query: Query, signal: AbortSignal): Promise<T.Row>;
  answer(query: Query, signal: AbortSignal): Promise<T.Answer>;
  compare(query: Query, signal: AbortSignal): Promise<T.Compare>;
  history(query: Query, signal: AbortSignal): Promise<T.History>;
  intelligence(query: Query, signal: AbortSignal): Promise<T.Intelligence>;
  runs(query: Query, signal: AbortSignal): Promise<T.Runs>;
  run(id: string, signal: AbortSignal): Promise<T.Run>;
  runPoint(id: string, point: number, signal: AbortSignal): Promise<T.RunPoint>;
  runSeries(id: string, signal: AbortSignal): Promise<T.RunSeries>;
  runRecipe(id: string, signal: AbortSignal): Promise<T.RunRecipe>;
  predict(query: Query, signal: AbortSignal): Promise<T.Predict>;
  studies(signal: AbortSignal): Promise<T.Studies>;
  /** How far it is; asked for again until it is done. */
  study(id: string, signal: AbortSignal): Promise<T.Study>;
  sketch(query: Query, signal: AbortSignal): Promise<T.Sketch>;
  catalog(kind: string, signal: AbortSignal): Promise<T.CatalogList>;
  catalogOne(kind: string, id: string, signal: AbortSignal): Promise<T.CatalogEntry>;
  fleet(signal: AbortSignal): Promise<T.FleetNow>;
  sweep(campaign: string, signal: AbortSignal): Promise<T.Sweep>;
  daemonEntry(entry: string, signal: AbortSignal): Promise<T.DaemonEntry>;
  live(signal: AbortSignal): Promise<T.Live>;
  /** Calls back with each change until the signal aborts. */
  watch(on: (live: T.Live) => void, signal: AbortSignal): Promise<void>;
  /** Where `capabilities.runs` says so. */
  startRun(request: T.BenchRequest, signal: AbortSignal): Promise<T.QueueEntry>;
  cancelRun(id: string, signal: AbortSignal): Promise<T.QueueEntry>;
}

/** Why there is no answer, in the server's own words. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly parameter: string | null = null,
  ) {
    super(message);
  }
}

/** What only a running server can do. */
export function needsServer(what: string): Refusal {
  return new Refusal(
    "needs_server",
    `${what} needs a running server, and this is a published copy of its results: run 'roofscape serve' on a store of yours.`,
  );
}
