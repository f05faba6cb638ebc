import { useMemo } from "react";
import { useQuery } from "../../app/location";
import type { Tip } from "../../chart/chart";
import type { Table as CsvTable } from "../../chart/csv";
import { leftOfNames, type Layer, type Plot } from "../../chart/plot";
import type { JointPoint, Study, StudyJoint } from "../../data/types";
import { asked, count, number, signed } from "../../format/numbers";
import { Segments } from "../../parts/fields";
import { Figure } from "../../parts/figure";
import { Table, type Column } from "../../parts/table";
import type { PartProps } from "../codesign";
import { Sources, StudyFrame } from "./study";

type Elasticity = StudyJoint["best"][number]["elasticities"][number];

export default function Elasticities({ studies }: PartProps) {
  return (
    <StudyFrame studies={studies} kind="joint" part="elasticities" aside={Aside}>
      {(study) => <View table={study.joint!} />}
    </StudyFrame>
  );
}

function Aside(study: Study) {
  const table = study.joint!;
  return (
    <>
      <p className="note">{count(table.configurations)} configurations on {count(table.chips)} chips were computed; {count(table.front.length)} points stayed on the front.</p>
      <Sources spent="" stated={table.stated} quality={table.quality} />
    </>
  );
}

const words = (input: string) => input.replaceAll("_", " ");

function plotOf(all: Elasticity[]): Plot {
  const rowOf = (place: number) => all.length - 1 - place;
  const layers: Layer[] = [{ kind: "line", paint: "soft", width: 1, at: [0, -0.5, 0, all.length - 0.5] }];
  const hits = { x: [] as number[], y: [] as number[], of: [] as number[] };
  all.forEach((one, place) => {
    if (one.value === null) return;
    const y = rowOf(place);
    layers.push({ kind: "boxes", paint: one.value >= 0 ? 0 : 1, opacity: 0.8, at: [Math.min(0, one.value), Math.max(0, one.value), y - 0.32, y + 0.32] });
    if (one.low80 !== null && one.high80 !== null) layers.push({ kind: "whiskers", paint: "ink", at: [one.low80, one.high80, y, y] });
    layers.push({ kind: "tag", paint: "ink", text: signed(one.value), at: [Math.max(0, one.value, one.high80 ?? 0), y] });
    hits.x.push(one.value);
    hits.y.push(y);
    hits.of.push(place);
  });
  const names = all.map((one) => words(one.input)).reverse();
  return {
    x: { name: "percent", title: "per cent more tokens/USD for one per cent more of the input", unit: "", kind: "linear" },
    y: { name: "input", title: "", unit: "", kind: "linear", names },
    layers,
    hits,
    left: leftOfNames(names),
    room: 0.28, // On a phone a figure takes a quarter of it.
  };
}

function csvOf(all: Elasticity[]): CsvTable {
  return { columns: ["input", "elasticity", "low80", "high80"], rows: all.map((one) => [one.input, one.value, one.low80, one.high80]) };
}

function View({ table }: { table: StudyJoint }) {
  const [query, change] = useQuery();
  const place = Math.max(0, table.best.findIndex((one) => String(one.interactivity_tps) === query.get("at")));
  const best = table.best[place]!;
  const plot = useMemo(() => plotOf(best.elasticities), [best]);
  const tip = (i: number): Tip => {
    const one = best.elasticities[i]!;
    return { title: words(one.input), rows: [["elasticity", signed(one.value)], ["80 %", one.low80 === null ? "\u2013" : `${signed(one.low80)} to ${signed(one.high80)}`]] };
  };
  return (
    <>
      <div className="controls">
        <Segments label="Each user at least, tokens/s" value={String(best.interactivity_tps)} choices={table.best.map(({ interactivity_tps: tps }) => ({ value: String(tps), label: asked(tps) }))} onChange={(at) => change({ at })} />
      </div>
      {best.elasticities.length === 0 ? <p className="note">No chip of the space reaches this speed.</p> : (
        <Figure first title={`What each input is worth, at ${asked(best.interactivity_tps)} tokens/s/user`} note="whiskers: 80 % of draws of coefficients" plot={plot} height={50 + 30 * best.elasticities.length} table={() => csvOf(best.elasticities)} tip={tip} />
      )}
      <section>
        <div className="section-head"><h2>The chip that it is about</h2></div>
        <Points rows={[["Most tokens a USD", best.by_usd], ["Most tokens a joule", best.by_joule]]} />
      </section>
    </>
  );
}

type PointRow = [string, JointPoint | null];

function Points({ rows }: { rows: PointRow[] }) {
  const there = rows.filter((row): row is [string, JointPoint] => row[1] !== null);
  const part = (key: string, head: string, unit: string): Column<[string, JointPoint]> => ({ key, head, unit, value: ([, point]) => point.chip[key], show: ([, point]) => number(point.chip[key]) });
  const columns: Column<[string, JointPoint]>[] = [
    { key: "by", head: "Best by", left: true, value: ([by]) => by },
    part("bf16_pflops", "bf16", "PFLOP/s"),
    part("bandwidth_tb_s", "Bandwidth", "TB/s"),
    part("memory_gb", "Memory", "GB"),
    part("link_gb_s", "Links", "GB/s"),
    { key: "fabric", head: "Fabric", left: true, value: ([, point]) => point.fabric },
    { key: "usd", head: "tokens/USD", value: ([, point]) => point.tokens_per_usd, show: ([, point]) => number(point.tokens_per_usd) },
    { key: "joule", head: "tokens/J", value: ([, point]) => point.tokens_per_j, show: ([, point]) => number(point.tokens_per_j) },
    { key: "model", head: "Shape of the model", left: true, value: ([, point]) => point.model },
  ];
  return <Table tall caption="The chosen chips" rows={there} columns={columns} rowKey={([by]) => by} />;
}

