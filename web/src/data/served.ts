// The API of `roofscape serve`.
import { Refusal, type Query, type Source } from "./source";
import { token } from "./token";
import type * as T from "./types";
import { eventsOf } from "./events";

function address(path: string, query: Query = {}): string {
  const values = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === "") continue;
    for (const item of Array.isArray(value) ? value : [value]) values.append(name, item);
  }
  const text = values.toString();
  return `./api/v1/${path}${text ? `?${text}` : ""}`;
}

/** How a request differs from one that only asks. */
interface How {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

export async function refusalOf(response: Response): Promise<Refusal> {
  try {
    const body = (await response.json()) as T.Failure;
    return new Refusal(body.error.code, body.error.message, body.error.parameter);
  } catch {
    return new Refusal("internal", `the server answered ${response.status} without saying why`);
  }
}

async function ask(url: string, accept: string, signal: AbortSignal, how: How = {}): Promise<Response> {
  const headers: Record<string, string> = { accept, ...how.headers };
  if (token()) headers["authorization"] = `Bearer ${token()}`;
  let response: Response;
  try {
    response = await fetch(url, { ...how, headers, signal, credentials: "same-origin" });
  } catch (failure) {
    if (signal.aborted) throw failure;
    throw new Refusal("unreachable", "the server does not answer: is 'roofscape serve' still running?");
  }
  if (!response.ok) throw await refusalOf(response);
  return response;
}

async function get<Body>(path: string, query: Query, signal: AbortSignal): Promise<Body> {
  const response = await ask(address(path, query), "application/json", signal);
  return (await response.json()) as Body;
}

async function change<Body>(path: string, how: How, signal: AbortSignal): Promise<Body> {
  const response = await ask(address(path), "application/json", signal, how);
  return (await response.json()) as Body;
}

const part = encodeURIComponent;

export function served(): Source {
  return {
    fixed: false,
    meta: (signal) => get("meta", {}, signal),
    frontier: (query, signal) => get("frontier", query, signal),
    row: (id, query, signal) => get(`rows/${part(id)}`, query, signal),
    answer: (query, signal) => get("answer", query, signal),
    compare: (query, signal) => get("compare", query, signal),
    history: (query, signal) => get("history", query, signal),
    intelligence: (query, signal) => get("intelligence", query, signal),
    runs: (query, signal) => get("runs", query, signal),
    run: (id, signal) => get(`runs/${part(id)}`, {}, signal),
    runPoint: (id, point, signal) => get(`runs/${part(id)}/points/${point}`, {}, signal),
    runSeries: (id, signal) => get(`runs/${part(id)}/series`, {}, signal),
    runRecipe: (id, signal) => get(`runs/${part(id)}/recipe`, {}, signal),
    predict: (query, signal) => get("predict", query, signal),
    studies: (signal) => get("codesign", {}, signal),
    study: (id, signal) => get(`codesign/${part(id)}`, {}, signal),
    sketch: (query, signal) => get("sketch", query, signal),
    catalog: (kind, signal) => get(`catalog/${part(kind)}`, {}, signal),
    catalogOne: (kind, id, signal) => get(`catalog/${part(kind)}/${part(id)}`, {}, signal),
    fleet: (signal) => get("fleet", {}, signal),
    sweep: (campaign, signal) => get(`fleet/campaigns/${part(campaign)}`, {}, signal),
    daemonEntry: (entry, signal) => get(`fleet/entries/${part(entry)}`, {}, signal),
    live: (signal) => get("live", {}, signal),
    startRun: (request, signal) =>
      change("queue", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(request) }, signal),
    cancelRun: (id, signal) => change(`queue/${part(id)}`, { method: "DELETE" }, signal),
    async watch(on, signal) {
      // Not EventSource: it cannot send the token.
      const response = await ask(address("live/events"), "text/event-stream", signal);
      for await (const event of eventsOf(response.body!))
        if (event.name === "live") on(JSON.parse(event.data) as T.Live);
    },
  };
}
