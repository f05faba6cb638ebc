import { useMemo } from "react";
import { useQuery } from "../../app/location";
import type { Study, StudyMachines } from "../../data/types";
import type { Tip } from "../../chart/chart";
import type { Table as CsvTable } from "../../chart/csv";
import type { Layer, Plot } from "../../chart/plot";
import { asked, count, interval, number, times, usd } from "../../format/numbers";
import { Segments, Select } from "../../parts/fields";
import { Figure } from "../../parts/figure";
import { paletteClass } from "../../parts/palette";
import { Table, type Column } from "../../parts/table";
import type { PartProps } from "../codesign";
import { letterOf } from "./heat";
import { OBJECTIVE, Sources, StudyFrame } from "./study";

type Case = StudyMachines["cases"][number];
type Served = NonNullable<Case["served"][number][number]>;

export default function Machines({ studies }: PartProps) {
  return (
    <StudyFrame studies={studies} kind="machines" part="machines" aside={Aside}>
      {(study) => <View table={study.machines!} />}
    </StudyFrame>
  );
}

function Aside(study: Study) {
  return <Sources spent={study.machines!.spent} stated={study.machines!.stated} />;
}

interface Reading {
  value: number;
  low: number;
  high: number;
}

/** The price where there is one, else the value. */
function readingOf(table: StudyMachines, served: Served): Reading | null {
  if (table.objective !== "tokens_per_usd") return served;
  if (served.usd_per_mtok === null) return null;
  return { value: served.usd_per_mtok, low: served.usd_per_mtok_low ?? served.usd_per_mtok, high: served.usd_per_mtok_high ?? served.usd_per_mtok };
}

function plotOf(table: StudyMachines, one: Case): Plot {
  const priced = table.objective === "tokens_per_usd";
  const layers: Layer[] = [];
  const hits = { x: [] as number[], y: [] as number[], of: [] as number[] };
  one.served.forEach((speeds, machine) => {
    const line: number[] = [];
    const band: number[] = [];
    speeds.forEach((served, s) => {
      const read = served && readingOf(table, served);
      if (!read) return;
      const speed = table.speeds_tps[s]!;
      line.push(speed, read.value);
      if (read.low !== read.high) band.push(speed, read.low, read.high);
      hits.x.push(speed);
      hits.y.push(read.value);
      hits.of.push(machine * table.speeds_tps.length + s);
    });
    if (band.length > 3) layers.push({ kind: "band", paint: machine, opacity: 0.16, at: band });
    layers.push({ kind: "line", paint: machine, dash: [2, 3], at: line });
    layers.push({ kind: "points", paint: machine, symbol: "triangle", fill: "hollow", size: 9, at: line });
    if (line.length > 1) layers.push({ kind: "tag", paint: machine, text: letterOf(machine), at: [line[line.length - 2]!, line[line.length - 1]!] });
  });
  return {
    x: { name: "interactivity_tps", title: "each user at least", unit: "tokens/s", kind: "log", direction: "higher" },
    y: priced
      ? { name: "usd_per_mtok", title: "cost of a million tokens", unit: "USD/Mtok", kind: "log", direction: "lower" }
      : { name: table.objective, title: OBJECTIVE[table.objective] ?? table.objective, unit: "", kind: "log", direction: "higher" },
    layers,
    hits,
  };
}

function tipOf(table: StudyMachines, one: Case, place: number): Tip {
  const n = table.speeds_tps.length;
  const [machine, s] = [Math.floor(place / n), place % n];
  const served = one.served[machine]![s]!;
  const read = readingOf(table, served)!;
  const show = (value: number) => (table.objective === "tokens_per_usd" ? usd(value) : number(value));
  return {
    title: table.machines[machine]!.name,
    rows: [
      ["each user", `${asked(table.speeds_tps[s])} tokens/s`],
      ["a million tokens", show(read.value)],
      ...(read.low === read.high ? [] : [["interval", `${show(read.low)} to ${show(read.high)}`] as [string, string]]),
      ["laid out", served.plan],
    ],
  };
}

function csvOf(table: StudyMachines, one: Case): CsvTable {
  return {
    columns: ["machine", "interactivity_tps", table.objective, `${table.objective}_low`, `${table.objective}_high`, "usd_per_mtok", "usd_per_mtok_low", "usd_per_mtok_high", "plan"],
    rows: one.served.flatMap((speeds, machine) => speeds.map((served, s) => [
      table.machines[machine]!.name, table.speeds_tps[s], served?.value, served?.low, served?.high, served?.usd_per_mtok, served?.usd_per_mtok_low, served?.usd_per_mtok_high, served?.plan,
    ])),
  };
}

const unique = <T,>(values: T[]): T[] => [...new Set(values)];

function View({ table }: { table: StudyMachines }) {
  const [query, change] = useQuery();
  const models = unique(table.cases.map((one) => one.model));
  const model = models.includes(query.get("model") ?? "") ? query.get("model")! : models[0]!;
  const lengths = table.cases.filter((one) => one.model === model);
  const one = lengths.find((length) => String(length.input_tokens) === query.get("input")) ?? lengths[0]!;
  const plot = useMemo(() => plotOf(table, one), [table, one]);
  return (
    <>
      <div className="controls">
        <Select label="Model" value={model} choices={models.map((value) => ({ value, label: value }))} onChange={(value) => change({ model: value })} />
        <Segments label="Prompt, tokens" value={String(one.input_tokens)} choices={lengths.map(({ input_tokens: n }) => ({ value: String(n), label: count(n) }))} onChange={(input) => change({ input })} />
      </div>
      <Figure first title={`${one.model}: ${count(one.input_tokens)} tokens in, ${count(table.output_tokens)} out`} note="predicted; bands: what published speeds leave open"
        plot={plot} height={380} table={() => csvOf(table, one)} tip={(place) => tipOf(table, one, place)}
        legend={table.machines.map(({ name }, i) => ({ paint: i, letter: letterOf(i), label: name }))} />
      <ul className="key">
        {table.machines.map(({ name, chips, wafers }, i) => <li key={name}><span className={`letter ${paletteClass(i)}`}>{letterOf(i)}</span> {name}{wafers ? `, at most ${chips} wafers` : ""}</li>)}
      </ul>
      <Speeds table={table} one={one} />
    </>
  );
}

interface Row {
  speed: number;
  served: (Served | null)[];
  winner: number | null;
  slowest: number | null;
}

function Speeds({ table, one }: { table: StudyMachines; one: Case }) {
  const priced = table.objective === "tokens_per_usd";
  const rows = table.speeds_tps.map((speed, s): Row => ({ speed, served: one.served.map((speeds) => speeds[s]!), winner: one.winners[s]!, slowest: one.times_slowest_price[s]! }));
  const cell = (served: Served | null) => {
    const read = served && readingOf(table, served);
    if (!read) return "\u2013";
    const show = (value: number) => (priced ? usd(value) : number(value));
    return read.low === read.high ? show(read.value) : <>{show(read.value)} <span className="quiet">({interval(read.low, read.high, priced ? "USD" : "")})</span></>;
  };
  const columns: Column<Row>[] = [
    { key: "speed", head: "Each user", unit: "tokens/s", value: (row) => row.speed, show: (row) => asked(row.speed) },
    ...table.machines.map(({ name }, machine): Column<Row> => ({
      key: name, head: name, unit: priced ? "a million tokens" : (OBJECTIVE[table.objective] ?? table.objective), value: (row) => (row.served[machine] ? readingOf(table, row.served[machine]!)?.value : null),
      show: (row) => (row.winner === machine ? <b>{cell(row.served[machine]!)}</b> : cell(row.served[machine]!)),
    })),
    { key: "best", head: "Best", left: true, value: (row) => (row.winner === null ? "none reaches it" : table.machines[row.winner]!.name) },
    { key: "fast", head: "Price of speed", unit: "over the slowest", value: (row) => row.slowest, show: (row) => times(row.slowest) },
  ];
  return (
    <section>
      <div className="section-head"><h2>By speed, and the price of fast mode</h2></div>
      <Table tall caption="By speed" rows={rows} columns={columns} rowKey={(row) => String(row.speed)} />
    </section>
  );
}
