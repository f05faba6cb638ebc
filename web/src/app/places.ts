// The places of the navigation, each a chunk that is loaded when it is first gone to. Addresses in
// RESERVED (location.ts) have no page yet and stand in no navigation.
import { lazy, type ComponentType, type LazyExoticComponent } from "react";
import type { View } from "./location";

interface Place {
  title: string;
  Page: LazyExoticComponent<ComponentType>;
}

export const PLACES: Record<View, Place> = {
  answer: { title: "Answer", Page: lazy(() => import("../pages/answer")) },
  frontier: { title: "Frontier", Page: lazy(() => import("../pages/frontier")) },
  compare: { title: "Compare", Page: lazy(() => import("../pages/compare")) },
  history: { title: "History", Page: lazy(() => import("../pages/history")) },
  intelligence: { title: "Intelligence", Page: lazy(() => import("../pages/intelligence")) },
  predict: { title: "Predict", Page: lazy(() => import("../pages/predict")) },
  runs: { title: "Runs", Page: lazy(() => import("../pages/runs")) },
  catalog: { title: "Catalog", Page: lazy(() => import("../pages/catalog")) },
  live: { title: "Live", Page: lazy(() => import("../pages/live")) },
};
