// The files of `roofscape publish`: the same bodies as the API's, made beforehand. What is chosen here
// is chosen among figures that are there; none is computed.
import { answerFrom, type AnswerFile } from "./published_answer";
import { compareFrom } from "./published_compare";
import { frontierFrom, type IndexFile, type PointsFile, type SetEntry } from "./published_frontier";
import { listOf, needsServer, Refusal, type Query, type Source } from "./source";
import type * as T from "./types";

interface HistoryFile {
  at: { interactivity_tps: number; history: T.History }[];
}

interface RowsFile {
  rows: Record<string, T.Row>;
}

/** The set that a question is about: the first whose model, shape and protocol fit. */
export function chooseSet(index: IndexFile, query: Query): SetEntry {
  const fits = (values: string[], value: string) => values.length === 0 || values.includes(value);
  const [models, shapes, protocols] = [listOf(query["model"]), listOf(query["shape"]), listOf(query["protocol"])];
  const found = index.sets.find((set) => fits(models, set.model) && fits(shapes, set.shape) && fits(protocols, set.protocol));
  if (found) return found;
  throw new Refusal("not_found", `this published copy has no points of ${[...models, ...shapes].join(", ") || "anything"}: it holds ${[...new Set(index.sets.map((set) => set.model))].join(", ") || "none"}.`);
}

/** The text of a file. Large ones are compressed; a host may have said so, and then they are not any more. */
export async function unpacked(bytes: ArrayBuffer): Promise<string> {
  const [first, second] = new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength));
  if (first !== 0x1f || second !== 0x8b) return new TextDecoder().decode(bytes);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

class Files {
  private readonly held = new Map<string, Promise<unknown>>();

  constructor(private readonly base: string) {}

  /** Once fetched, kept: nothing changes in a published folder. */
  get<Body>(path: string): Promise<Body> {
    const known = this.held.get(path);
    if (known) return known as Promise<Body>;
    const asked = this.fetch(path).catch((failure: unknown) => {
      this.held.delete(path);
      throw failure;
    });
    this.held.set(path, asked);
    return asked as Promise<Body>;
  }

  private async fetch(path: string): Promise<unknown> {
    let response: Response;
    try {
      response = await fetch(`${this.base}${path}`);
    } catch {
      throw new Refusal("unreachable", `'${path}' of this published copy cannot be read: is the host still there?`);
    }
    if (response.status === 404) throw new Refusal("not_found", `this published copy has no '${path}'.`);
    if (!response.ok) throw new Refusal("internal", `'${path}' of this published copy: the host answered ${response.status}.`);
    return JSON.parse(await unpacked(await response.arrayBuffer()));
  }
}

/** Files of campaigns and entries have the places of the list, for a name may be no file's. */
export async function fleetFile<Body>(files: Pick<Files, "get">, kind: "campaigns" | "entries", name: string): Promise<Body> {
  const all = await files.get<T.FleetNow>("data/fleet.json");
  const place = all[kind].findIndex((one) => one.name === name);
  if (place >= 0) return files.get<Body>(`data/fleet/${kind}/${place}.json.gz`);
  throw new Refusal("not_found", `this published copy has no '${name}': it holds ${all[kind].map((one) => one.name).join(", ") || "none"}.`);
}

function historyFrom(file: HistoryFile, query: Query): T.History {
  const at = Number(query["at"] ?? 50) || 50;
  const best = (query["y"] as string | undefined) ?? "total_tps_per_chip";
  const same = file.at.filter((entry) => entry.history.best.name === best);
  const found = same.find((entry) => entry.interactivity_tps >= at) ?? same[same.length - 1];
  if (!found) throw needsServer(`A history of ${best}`);
  const by = (query["by"] as string | undefined) ?? "chip";
  const notes = found.history.at !== at ? [`A published copy has histories at ${same.map((entry) => entry.interactivity_tps).join(", ")} tokens/s/user only.`] : [];
  if (by !== "chip") notes.push("A published copy has a line a chip only.");
  return { ...found.history, notes: [...found.history.notes, ...notes] };
}

export async function published(folder: string, _signal: AbortSignal): Promise<Source> {
  // Paths in the index begin with the folder; it stands beside the page.
  const base = folder.replace(/data\/?$/, "");
  const files = new Files(`./${base.replace(/^\.?\//, "")}`);
  const index = await files.get<IndexFile>("data/index.json");
  const chosen = (query: Query) => chooseSet(index, query);
  return {
    fixed: true,
    meta: () => files.get("data/meta.json"),
    async frontier(query) {
      const set = chosen(query);
      const [points, meta] = await Promise.all([files.get<PointsFile>(set.points), files.get<T.Meta>("data/meta.json")]);
      return frontierFrom(index, set, points, meta, query);
    },
    async row(id) {
      for (const set of index.sets) {
        const { rows } = await files.get<RowsFile>(set.rows);
        if (rows[id]) return rows[id];
      }
      throw new Refusal("not_found", `this published copy has no point '${id}'.`);
    },
    async answer(query) {
      const set = chosen(query);
      const [file, points, meta] = await Promise.all([files.get<AnswerFile>(set.answer), files.get<PointsFile>(set.points), files.get<T.Meta>("data/meta.json")]);
      return answerFrom(index, set, file, points, meta, query);
    },
    async compare(query) {
      const set = chosen(query);
      const [file, points, meta] = await Promise.all([files.get<AnswerFile>(set.answer), files.get<PointsFile>(set.points), files.get<T.Meta>("data/meta.json")]);
      return compareFrom(index, set, file, points, meta, query);
    },
    history: async (query) => historyFrom(await files.get<HistoryFile>(chosen(query).history), query),
    async intelligence(query) {
      const { evals } = await files.get<{ evals: T.Intelligence[] }>("data/intelligence.json");
      const found = evals.find((body) => query["eval"] === undefined || body.eval === query["eval"]);
      if (!found) throw new Refusal("not_found", "this published copy has no such eval.");
      return found;
    },
    runs: () => files.get("data/runs.json"),
    run: (id) => files.get(`data/runs/${encodeURIComponent(id)}.json`),
    runPoint: (id, point) => files.get(`data/runs/${encodeURIComponent(id)}/points/${point}.json`),
    runSeries: (id) => files.get(`data/runs/${encodeURIComponent(id)}/series.json`),
    runRecipe: (id) => files.get(`data/runs/${encodeURIComponent(id)}/recipe.json`),
    predict: () => Promise.reject(needsServer("A prediction")),
    studies: () => files.get("data/codesign.json"),
    study: (id) => files.get(`data/codesign/${encodeURIComponent(id)}.json`),
    sketch: () => Promise.reject(needsServer("A sketch")),
    catalog: (kind) => files.get(`data/catalog/${encodeURIComponent(kind)}.json`),
    catalogOne: (kind, id) => files.get(`data/catalog/${encodeURIComponent(kind)}/${encodeURIComponent(id)}.json`),
    fleet: () => files.get("data/fleet.json"),
    sweep: (campaign) => fleetFile(files, "campaigns", campaign),
    daemonEntry: (entry) => fleetFile(files, "entries", entry),
    live: () => Promise.reject(needsServer("Watching runs")),
    watch: () => Promise.reject(needsServer("Watching runs")),
    startRun: () => Promise.reject(needsServer("Starting a run")),
    cancelRun: () => Promise.reject(needsServer("Stopping a run")),
  };
}
