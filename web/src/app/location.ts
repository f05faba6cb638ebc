// Where the reader is: the whole state of a view stands in the address's query, so that every view is
// a link, and back and forward work. The path never changes: one index.html serves from any folder
// of any file host.
import { useCallback, useSyncExternalStore } from "react";

const MOVED = "roofscape-moved";

export const VIEWS = [
  "answer",
  "frontier",
  "compare",
  "history",
  "intelligence",
  "predict",
  "codesign",
  "runs",
  "fleet",
  "catalog",
  "live",
] as const;
// Addresses that are kept free: they come with their rooms.
export const RESERVED = ["spend"] as const;
export type View = (typeof VIEWS)[number];

export type Values = Record<string, string | string[] | undefined>;

export function viewOf(query: URLSearchParams): string {
  return query.get("view") ?? "answer";
}

/** A link to a view. Empty values are left out, lists are repeated. */
export function hrefOf(view: string, values: Values = {}): string {
  const query = new URLSearchParams();
  if (view !== "answer") query.set("view", view);
  for (const [name, value] of Object.entries(values)) {
    if (name === "view" || value === undefined || value === "") continue;
    if (Array.isArray(value)) for (const item of value) query.append(name, item);
    else query.set(name, value);
  }
  const text = query.toString();
  // What people read in addresses stays readable.
  return text ? `?${text.replaceAll("%2F", "/").replaceAll("%2C", ",").replaceAll("%3D", "=")}` : "./";
}

/** The query with some values changed; undefined or "" removes one. */
export function changed(query: URLSearchParams, changes: Values): string {
  const values: Values = {};
  for (const name of new Set(query.keys())) values[name] = query.getAll(name);
  return hrefOf(viewOf(query), { ...values, ...changes });
}

export function go(href: string, how: "push" | "replace" = "push"): void {
  if (how === "push") history.pushState(null, "", href);
  else history.replaceState(null, "", href);
  window.dispatchEvent(new Event(MOVED));
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("popstate", listener);
  window.addEventListener(MOVED, listener);
  return () => {
    window.removeEventListener("popstate", listener);
    window.removeEventListener(MOVED, listener);
  };
}

let seen = "";
let parsed = new URLSearchParams();

function snapshot(): URLSearchParams {
  if (window.location.search !== seen) {
    seen = window.location.search;
    parsed = new URLSearchParams(seen);
  }
  return parsed;
}

export type Change = (changes: Values, how?: "push" | "replace") => void;

/** The query, and how to change it. A slider replaces, everything else pushes. */
export function useQuery(): [URLSearchParams, Change] {
  const query = useSyncExternalStore(subscribe, snapshot);
  const change = useCallback<Change>((changes, how = "push") => {
    go(changed(snapshot(), changes), how);
  }, []);
  return [query, change];
}
