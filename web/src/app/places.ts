// The places of the navigation, each a chunk that is loaded when it is first gone to. Addresses in
// RESERVED (location.ts) have no page yet and stand in no navigation.
import { lazy, type ComponentType, type LazyExoticComponent } from "react";
import { publishedFolder } from "../data/open";
import { viewOf, type View } from "./location";

type Load = () => Promise<{ default: ComponentType }>;

interface Place {
  title: string;
  load: Load;
  Page: LazyExoticComponent<ComponentType>;
}

function place(title: string, load: Load): Place {
  return { title, load, Page: lazy(load) };
}

export const PLACES: Record<View, Place> = {
  answer: place("Answer", () => import("../pages/answer")),
  frontier: place("Frontier", () => import("../pages/frontier")),
  compare: place("Compare", () => import("../pages/compare")),
  history: place("History", () => import("../pages/history")),
  intelligence: place("Intelligence", () => import("../pages/intelligence")),
  predict: place("Predict", () => import("../pages/predict")),
  codesign: place("Co-design", () => import("../pages/codesign")),
  runs: place("Runs", () => import("../pages/runs")),
  fleet: place("Fleet", () => import("../pages/fleet")),
  catalog: place("Catalog", () => import("../pages/catalog")),
  live: place("Live", () => import("../pages/live")),
};

// Pages that draw as soon as they stand; of co-design those parts. Some draw only what a server tells.
const DRAWING = ["answer", "frontier", "history", "predict"];
const DRAWING_PARTS = ["gain", "portability", "fabrics", "elasticities", "what-if", "sketch"];
const SERVED_ONLY = ["predict", "sketch"];

/** Whether the page that the address asks for needs the charts at once. */
export function drawsAtOnce(query: URLSearchParams, fixed: boolean): boolean {
  const view = viewOf(query);
  const name = view === "codesign" ? (query.get("part") ?? "") : view;
  const known = view === "codesign" ? DRAWING_PARTS : DRAWING;
  return known.includes(name) && !(fixed && SERVED_ONLY.includes(name));
}

/** Fetches the page that the address asks for while the data is still on its way. */
export function fetchFirstPage(): void {
  const query = new URLSearchParams(window.location.search);
  const view = viewOf(query);
  if (view in PLACES) void PLACES[view as View].load();
  if (drawsAtOnce(query, publishedFolder() !== null)) void import("../chart/engine");
}
