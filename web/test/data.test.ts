import { describe, expect, test } from "vitest";
import { eventsOf } from "../src/data/events";
import { gzipSync } from "node:zlib";
import { chooseSet, unpacked } from "../src/data/published";
import { answerFrom, type AnswerFile } from "../src/data/published_answer";
import { frontierFrom, type IndexFile, type PointsFile } from "../src/data/published_frontier";
import type { AnswerResult, Axis, Key, Meta } from "../src/data/types";
import { lanesOf } from "../src/pages/run_plots";
import { sorted } from "../src/parts/table";

function streamOf(chunks: string[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(encoder.encode(chunk));
      controller.close();
    },
  });
}

describe("server-sent events", () => {
  const text = 'event: live\r\ndata: {"a":1}\r\n\r\n: still here\r\n\r\nevent: store\ndata: x\ndata: y\n\n';
  test("are read at every cut", async () => {
    for (let cut = 1; cut < text.length; cut += 1) {
      const seen = [];
      for await (const event of eventsOf(streamOf([text.slice(0, cut), text.slice(cut)]))) seen.push(event);
      expect(seen).toEqual([{ name: "live", data: '{"a":1}' }, { name: "store", data: "x\ny" }]);
    }
  });
});

const key = (chip: string): Key => ({ model: "m", precision: "fp8", engine: "e", speculative: "none", chip, shape: "1/1", workload: "1/1", protocol: "p", window: "whole", way: "measured" });
const axis = (name: string, direction: Axis["direction"]): Axis => ({ name, unit: "u", title: name, direction, digits: 3, group: "throughput", derived: false });
const index: IndexFile = {
  sets: [
    { model: "m", shape: "1/1", protocol: "p", count: 4, points: "", answer: "", rows: "", history: "" },
    { model: "n", shape: "2/2", protocol: "p", count: 1, points: "", answer: "", rows: "", history: "" },
  ],
  labels: { chip: { a: "Chip A" } },
};
const points: PointsFile = {
  model: "m", shape: "1/1", protocol: "p", layouts: ["tp1"],
  series: [{ key: key("a"), label: "a", rows: [0, 2] }, { key: key("b"), label: "b", rows: [1, 3] }],
  columns: {
    id: ["r0", "r1", "r2", "r3"], concurrency: [1, 2, 4, 8], rate_rps: [null, null, null, null], chips: [1, 1, 1, 1], layout: [0, 0, 0, 0],
    measured: [null, null, null, null], verdict: ["VALID", "VALID", "VALID", "VALID"], excluded: ["", "", "", ""],
  },
  axes: [axis("interactivity_p50_tps", "higher"), axis("total_tps_per_chip", "higher"), axis("ttft_p50_s", "lower")],
  values: { interactivity_p50_tps: [80, 70, 40, null], total_tps_per_chip: [10, 11, 20, 30], ttft_p50_s: [0.1, 0.2, 0.4, 0.8] },
  fronts: { "interactivity_p50_tps|total_tps_per_chip": [[2, 0], [1]], "ttft_p50_s|total_tps_per_chip": [[0, 2], [1, 3]] },
};
const meta = { generation: 1, counts: { rows: 4 }, price_default: { tier: "t", date: "d" } } as unknown as Meta;

describe("a published copy", () => {
  test.each([["as it is", (text: string) => Buffer.from(text)], ["compressed", (text: string) => gzipSync(text)]])("is read %s", async (_, pack) => {
    const bytes = pack('{"a":"\u00e4"}');
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
    expect(JSON.parse(await unpacked(buffer))).toEqual({ a: "\u00e4" });
    expect(await unpacked(new ArrayBuffer(0))).toBe("");
  });

  const set = chooseSet(index, {});
  test("finds the set that is asked, and says what there is when there is none", () => {
    expect(set.model).toBe("m");
    expect(chooseSet(index, { model: "n" }).shape).toBe("2/2");
    expect(() => chooseSet(index, { model: "z" })).toThrow(/holds m, n/);
  });

  test("reads steps on the frontier, either way round", () => {
    const up = frontierFrom(index, set, points, meta, { at: "50" });
    expect(up.series.map((series) => series.reading!.step?.id)).toEqual(["r0", "r1"]);
    expect(up.series[0]!.front).toEqual([1, 0]);
    expect(frontierFrom(index, set, points, meta, { at: "90" }).series[0]!.reading!.step).toBeNull();
    const down = frontierFrom(index, set, points, meta, { x: "ttft_p50_s", at: "0.5" });
    expect(down.series.map((series) => series.reading!.step?.id)).toEqual(["r2", "r1"]);
    expect(down.series[1]!.points.x).toEqual([0.2, 0.8]);
  });

  test("filters series and counts what each filter would leave", () => {
    const answer = frontierFrom(index, set, points, meta, { chip: "a" });
    expect(answer.series.map((series) => series.label)).toEqual(["a"]);
    expect(answer.options.chip).toEqual([{ value: "a", label: "Chip A", count: 2, selected: true }, { value: "b", label: "b", count: 2, selected: false }]);
  });

  const result = (chip: string, usd: number | null, tps: number) =>
    ({ key: key(chip), id: chip, chips: 8, total_tps_per_chip: tps, cost: usd === null ? null : { usd_per_mtok_total: usd }, energy: null }) as unknown as AnswerResult;
  const file: AnswerFile = { percentile: "p50", tier: "t", date: "d", rerun: { p90: 0.04, p95: 0.1 }, grid: [{ interactivity_tps: 50, results: [result("a", 2, 9), result("b", null, 10), result("c", 1, 1)] }] };

  test("ranks what is there; missing prices come last", () => {
    const ids = (query: Record<string, string>) => answerFrom(index, set, file, points, meta, query).results.map((one) => one.id);
    expect(ids({ interactivity_tps: "50" })).toEqual(["c", "a", "b"]);
    expect(ids({ interactivity_tps: "50", rank: "throughput" })).toEqual(["b", "a", "c"]);
    expect(ids({ interactivity_tps: "60" })).toEqual([]);
    expect(ids({ interactivity_tps: "50", max_chips: "4" })).toEqual([]);
    expect(answerFrom(index, set, file, points, meta, { interactivity_tps: "30" }).notes[0]).toMatch(/50 tokens\/s\/user is the next one/);
  });

  test("tells how far behind the first of those that are left each is", () => {
    const behind = (query: Record<string, string>) => answerFrom(index, set, file, points, meta, query).results.map((one) => [one.behind, one.close]);
    expect(behind({ interactivity_tps: "50" })).toEqual([[0, true], [1, false], [null, false]]);
    const [first, second] = behind({ interactivity_tps: "50", rank: "throughput" });
    expect(first).toEqual([0, true]);
    expect(second![0]).toBeCloseTo(10 / 9 - 1, 12);
    expect(second![1]).toBe(false);
    expect(behind({ interactivity_tps: "50", chip: "a" })).toEqual([[0, true]]);
  });

  test("says what needs a server", () => {
    expect(() => answerFrom(index, set, file, points, meta, { ttft_s: "1" })).toThrow(/roofscape serve/);
    expect(() => answerFrom(index, set, file, points, meta, { percentile: "p99" })).toThrow(/roofscape serve/);
  });
});

describe("tables and lanes", () => {
  test("missing values sort last both ways", () => {
    const rows = [{ v: 2 }, { v: null }, { v: 1 }];
    expect(sorted(rows, (row) => row.v, true).map((row) => row.v)).toEqual([1, 2, null]);
    expect(sorted(rows, (row) => row.v, false).map((row) => row.v)).toEqual([2, 1, null]);
  });

  test("requests that overlap lie on lines of their own", () => {
    const at = { intended_s: [0, 0.5, 1, 2.5], end_s: [1, 2, 2, 3] };
    const lanes = lanesOf({ id: [0, 1, 2, 3], sent_s: [], first_token_s: [], outcome: [], input_tokens: [], output_tokens: [], warmup: [], total: 4, left_out: 0, ...at });
    expect(lanes).toEqual([0, 1, 0, 0]);
  });
});
