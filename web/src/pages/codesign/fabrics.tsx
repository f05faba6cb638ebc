import { useMemo } from "react";
import { useQuery } from "../../app/location";
import type { Tip } from "../../chart/chart";
import type { Table as CsvTable } from "../../chart/csv";
import type { Layer, Plot } from "../../chart/plot";
import type { Study, StudyFabrics } from "../../data/types";
import { asked, count, duration, number } from "../../format/numbers";
import { Segments } from "../../parts/fields";
import { Figure } from "../../parts/figure";
import { paletteClass } from "../../parts/palette";
import { Table, type Column } from "../../parts/table";
import type { PartProps } from "../codesign";
import { letterOf } from "./heat";
import { OBJECTIVE, Sources, StudyFrame } from "./study";

type Fabric = StudyFabrics["fabrics"][number];

export default function Fabrics({ studies }: PartProps) {
  return (
    <StudyFrame studies={studies} kind="fabrics" part="fabrics" aside={Aside}>
      {(study) => <View table={study.fabrics!} />}
    </StudyFrame>
  );
}

function Aside(study: Study) {
  return <Sources spent={study.fabrics!.spent} />;
}

/** A line a fabric; `at` gives its points. Hits are numbered by fabric and point. */
function linesOf(table: StudyFabrics, at: (fabric: Fabric) => ([number, number] | null)[]): Pick<Plot, "layers" | "hits"> {
  const layers: Layer[] = [];
  const hits = { x: [] as number[], y: [] as number[], of: [] as number[] };
  table.fabrics.forEach((fabric, f) => {
    const line: number[] = [];
    at(fabric).forEach((point, p) => {
      if (!point) return;
      line.push(...point);
      hits.x.push(point[0]);
      hits.y.push(point[1]);
      hits.of.push(f * 1000 + p);
    });
    layers.push({ kind: "line", paint: f, dash: [2, 3], at: line });
    layers.push({ kind: "points", paint: f, symbol: "triangle", fill: "hollow", size: 9, at: line });
    if (line.length > 1) layers.push({ kind: "tag", paint: f, text: letterOf(f), at: [line[line.length - 2]!, line[line.length - 1]!] });
  });
  return { layers, hits };
}

function travelPlot(table: StudyFabrics): Plot {
  return {
    ...linesOf(table, (fabric) => fabric.travel_s.map((seconds, i) => (seconds === null ? null : [table.spread_chips[i]!, seconds]))),
    x: { name: "spread_chips", title: "experts spread over", unit: "chips", kind: "log" },
    y: { name: "travel_s", title: "to the experts and back, a step", unit: "s", kind: "log", direction: "lower" },
  };
}

function valuePlot(table: StudyFabrics, speed: number): Plot {
  return {
    ...linesOf(table, (fabric) => fabric.domains.map(({ domain_chips: chips, served }) => (served[speed] ? [chips, served[speed]!.value] : null))),
    x: { name: "domain_chips", title: "joined by one switch, or by the fabric itself", unit: "chips", kind: "log" },
    y: { name: table.objective, title: "the best layout gives", unit: OBJECTIVE[table.objective] ?? "", kind: "linear", direction: "higher" },
  };
}

function View({ table }: { table: StudyFabrics }) {
  const [query, change] = useQuery();
  const place = table.speeds_tps.indexOf(Number(query.get("at")));
  const speed = place < 0 ? Math.floor(table.speeds_tps.length / 2) : place;
  const travel = useMemo(() => travelPlot(table), [table]);
  const value = useMemo(() => valuePlot(table, speed), [table, speed]);
  const legend = table.fabrics.map(({ name }, f) => ({ paint: f, letter: letterOf(f), label: name }));
  const travelTip = (hit: number): Tip => {
    const [fabric, i] = [table.fabrics[Math.floor(hit / 1000)]!, hit % 1000];
    return { title: fabric.name, rows: [["spread over", `${count(table.spread_chips[i])} chips`], ["there and back", duration(fabric.travel_s[i])]] };
  };
  const valueTip = (hit: number): Tip => {
    const [fabric, i] = [table.fabrics[Math.floor(hit / 1000)]!, hit % 1000];
    const { domain_chips: chips, served } = fabric.domains[i]!;
    return { title: fabric.name, rows: [["domain", `${count(chips)} chips`], [OBJECTIVE[table.objective] ?? "value", number(served[speed]!.value)], ["laid out", served[speed]!.plan]] };
  };
  return (
    <>
      <Figure first title="All-to-all: tokens to their experts and back" note={`${asked(table.tokens_per_chip)} tokens a chip, all layers of ${table.model}`} plot={travel} height={320}
        table={() => travelTable(table)} tip={travelTip} legend={legend} />
      <ul className="key">
        {table.fabrics.map(({ name, link_gb_s: rate, domain_chips: chips }, f) => (
          <li key={name}><span className={`letter ${paletteClass(f)}`}>{letterOf(f)}</span> {name}: {count(rate)} GB/s, {count(chips)} chips</li>
        ))}
      </ul>
      <section>
        <div className="controls">
          <Segments label="Each user at least, tokens/s" value={String(table.speeds_tps[speed])} choices={table.speeds_tps.map((tps) => ({ value: String(tps), label: asked(tps) }))} onChange={(at) => change({ at })} />
        </div>
        <Figure first title={`${OBJECTIVE[table.objective] ?? "Value"} against domain size, at ${asked(table.speeds_tps[speed])} tokens/s/user`} note={`at most ${table.chips} chips`} plot={value} height={320}
          table={() => valueTable(table)} tip={valueTip} legend={legend} />
      </section>
      <Values table={table} speed={speed} />
    </>
  );
}

function travelTable(table: StudyFabrics): CsvTable {
  return {
    columns: ["fabric", "topology", "link_gb_s", ...table.spread_chips.map((chips) => `over_${chips}_chips_s`)],
    rows: table.fabrics.map((fabric) => [fabric.name, fabric.topology, fabric.link_gb_s, ...fabric.travel_s]),
  };
}

function valueTable(table: StudyFabrics): CsvTable {
  return {
    columns: ["fabric", "link_gb_s", "domain_chips", "interactivity_tps", table.objective, "plan"],
    rows: table.fabrics.flatMap((fabric) => fabric.domains.flatMap(({ domain_chips: chips, served }) =>
      served.map((one, s) => [fabric.name, fabric.link_gb_s, chips, table.speeds_tps[s], one?.value, one?.plan]))),
  };
}

interface Row {
  key: string;
  fabric: string;
  chips: number;
  value: number | null;
  plan: string;
}

function Values({ table, speed }: { table: StudyFabrics; speed: number }) {
  const rows = table.fabrics.flatMap((fabric, f) => fabric.domains.map(({ domain_chips: chips, served }): Row => ({
    key: `${f} ${chips}`, fabric: `${letterOf(f)}  ${fabric.name}`, chips, value: served[speed]?.value ?? null, plan: served[speed]?.plan ?? "the speed is not reached",
  })));
  const columns: Column<Row>[] = [
    { key: "fabric", head: "Fabric", left: true, value: (row) => row.fabric },
    { key: "chips", head: "Domain", unit: "chips", value: (row) => row.chips, show: (row) => count(row.chips) },
    { key: "value", head: OBJECTIVE[table.objective] ?? "Value", value: (row) => row.value, show: (row) => number(row.value) },
    { key: "plan", head: "Laid out", left: true, value: (row) => row.plan },
  ];
  return (
    <section>
      <div className="section-head"><h2>By domain</h2></div>
      <Table caption="By domain" rows={rows} columns={columns} rowKey={(row) => row.key} />
    </section>
  );
}
