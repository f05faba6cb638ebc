// An answer out of the published grid: the best configurations at some targets, ranked beforehand.
import { facetsOf, fits, rowQuery, type IndexFile, type PointsFile, type SetEntry } from "./published_frontier";
import { needsServer, type Query } from "./source";
import type * as T from "./types";

export interface AnswerFile {
  percentile: string;
  tier: string;
  date: string;
  rerun: T.Answer["rerun"];
  grid: { interactivity_tps: number; results: T.AnswerResult[] }[];
}

/** The grid's target at or above the one asked. */
export function gridAt(file: AnswerFile, target: number): AnswerFile["grid"][number] | undefined {
  return file.grid.find((entry) => entry.interactivity_tps >= target);
}

const ORDER: Record<string, (result: T.AnswerResult) => number | null | undefined> = {
  cost: (result) => result.cost?.usd_per_mtok_total,
  energy: (result) => result.energy?.joules_per_total_token,
  throughput: (result) => (result.total_tps_per_chip === null ? null : -result.total_tps_per_chip),
};

export function rankedBy(results: T.AnswerResult[], rank: string): T.AnswerResult[] {
  const of = ORDER[rank] ?? ORDER["cost"]!;
  return [...results].sort((a, b) => (of(a) ?? Infinity) - (of(b) ?? Infinity) || 0);
}

/** How far behind the first of those that are left, as the server tells it of all. */
function behindFirst(results: T.AnswerResult[], rank: string, rerun: T.Answer["rerun"]): T.AnswerResult[] {
  const of = ORDER[rank] ?? ORDER["cost"]!;
  const first = results[0] && of(results[0]);
  return results.map((result) => {
    const mine = of(result);
    const behind = first && mine ? (mine < 0 ? first / mine : mine / first) - 1 : null;
    return { ...result, behind, close: behind !== null && behind <= rerun.p95 };
  });
}

const NEED: [string, string][] = [
  ["ttft_s", "A limit on the first token"],
  ["e2e_s", "A limit on the whole answer"],
  ["users", "A number of users"],
  ["usd_per_month", "A budget"],
];

export function answerFrom(index: IndexFile, set: SetEntry, file: AnswerFile, points: PointsFile, meta: T.Meta, query: Query): T.Answer {
  for (const [name, what] of NEED) if (Number(query[name] ?? 0) > 0) throw needsServer(what);
  const percentile = query["percentile"] as string | undefined;
  if (percentile && percentile !== file.percentile) throw needsServer(`An answer at ${percentile}`);
  const target = Number(query["interactivity_tps"] ?? 0);
  const rank = (query["rank"] as "cost" | "energy" | "throughput" | undefined) ?? "cost";
  const entry = gridAt(file, target);
  const most = Number(query["max_chips"] ?? 0);
  const fitting = (entry?.results ?? []).filter((result) => fits(result.key, query) && (most === 0 || (result.chips ?? Infinity) <= most));
  const results = behindFirst(rankedBy(fitting, rank), rank, file.rerun);
  const notes = entry && entry.interactivity_tps !== target
    ? [`A published copy answers at fixed targets: ${entry.interactivity_tps} tokens/s/user is the next one.`]
    : [];
  return {
    generation: meta.generation, query: rowQuery(set, query), pricing: { tier: file.tier, date: file.date },
    target: {
      percentile: file.percentile, interactivity_tps: entry?.interactivity_tps ?? target, ttft_s: null, e2e_s: null,
      users: null, usd_per_month: null, max_chips: most || null, rank,
    },
    results, rerun: file.rerun,
    left_out: { no_point: 0, no_price: [], over_budget: 0, beyond_limit: 0 },
    options: facetsOf(index, set, points, query),
    shapes: [], notes,
  };
}
