// Sides beside each other out of the published grid. Differences and whether they can be shown need
// the server's statistics: here they are left out, and said so.
import { gridAt, rankedBy, type AnswerFile } from "./published_answer";
import { axisNamed, facetsOf, fits, rowQuery, type IndexFile, type PointsFile, type SetEntry } from "./published_frontier";
import { listOf, needsServer, type Query } from "./source";
import type * as T from "./types";

const VALUES: Record<string, { rank: string; of: (result: T.AnswerResult) => number | null | undefined }> = {
  total_tps_per_chip: { rank: "throughput", of: (result) => result.total_tps_per_chip },
  output_tps_per_chip: { rank: "throughput", of: (result) => result.output_tps_per_chip },
  usd_per_mtok_total: { rank: "cost", of: (result) => result.cost?.usd_per_mtok_total },
};

function conditions(side: string): Query {
  return Object.fromEntries(side.split(",").map((part) => part.split("=") as [string, string]));
}

export function compareFrom(index: IndexFile, set: SetEntry, file: AnswerFile, points: PointsFile, meta: T.Meta, query: Query): T.Compare {
  const name = (query["metric"] as string | undefined) ?? "total_tps_per_chip";
  const value = VALUES[name];
  if (!value) throw needsServer(`A comparison by ${name}`);
  if (listOf(query["at"]).length === 0) throw needsServer("A comparison by load");
  const sides = listOf(query["side"]);
  const matches = listOf(query["at"]).flatMap((at): T.Compare["matches"] => {
    const entry = gridAt(file, Number(at));
    if (!entry) return [];
    const values = sides.map((side) => {
      const best = rankedBy(entry.results.filter((result) => fits(result.key, conditions(side))), value.rank)[0];
      const figure = best && value.of(best);
      return best && figure != null ? { value: figure, id: best.id, x: best.interactivity_tps, effect: null } : null;
    });
    return values.some(Boolean) ? [{ at: entry.interactivity_tps, layout: "", values }] : [];
  });
  return {
    generation: meta.generation, query: rowQuery(set, query),
    x: axisNamed(points, `interactivity_${file.percentile}_tps`), metric: axisNamed(points, name), matched_by: "x",
    sides: sides.map((side) => ({
      conditions: side, label: side.replace(/\w+=/g, "").replaceAll(",", ", "),
      points: points.series.filter(({ key }) => fits(key, conditions(side))).reduce((sum, one) => sum + one.rows.length, 0), pooled: "",
    })),
    overall: sides.map(() => null), matches, missing: [],
    options: facetsOf(index, set, points, {}),
    notes: ["A published copy shows values side by side. How sure a difference is needs 'roofscape serve'."],
  };
}
