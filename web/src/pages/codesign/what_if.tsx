import { useMemo } from "react";
import type { Tip } from "../../chart/chart";
import type { Table as CsvTable } from "../../chart/csv";
import { leftOfNames, type Layer, type Plot } from "../../chart/plot";
import type { Study, StudyWhatIf } from "../../data/types";
import { asked, duration, number, percent, times, usd } from "../../format/numbers";
import { Figure } from "../../parts/figure";
import { Table, type Column } from "../../parts/table";
import type { PartProps } from "../codesign";
import { OBJECTIVE, Sources, StudyFrame } from "./study";

type Parameter = StudyWhatIf["parameters"][number];
type Outcome = StudyWhatIf["now"];

export default function WhatIf({ studies }: PartProps) {
  return (
    <StudyFrame studies={studies} kind="what_if" part="what-if" aside={Aside}>
      {(study) => <View table={study.what_if!} />}
    </StudyFrame>
  );
}

function Aside(study: Study) {
  const { spent, stated, parameters } = study.what_if!;
  return <Sources spent={spent} stated={[...stated, ...parameters.map(({ sets, source }) => ({ what: sets, source }))]} />;
}

const ranged = (one: Parameter) => one.low !== one.high;

/** Each parameter over its range, the others kept: the widest swing on top. */
function plotOf(table: StudyWhatIf, shown: Parameter[]): Plot {
  const layers: Layer[] = [];
  const hits = { x: [] as number[], y: [] as number[], of: [] as number[] };
  shown.forEach((one, place) => {
    const y = shown.length - 1 - place;
    const ends = [one.at_low, one.at_high].filter((end): end is number => end !== null);
    const then = table.then.value;
    if (ends.length === 1 && then !== null) ends.push(then);
    if (ends.length < 2) return;
    layers.push({ kind: "boxes", paint: one.assumed ? 1 : 0, opacity: 0.8, at: [Math.min(...ends), Math.max(...ends), y - 0.32, y + 0.32] });
    layers.push({ kind: "tag", paint: "ink", text: one.unlimited ? "to not reached" : times(one.swing_times), at: [Math.max(...ends), y] });
    hits.x.push(Math.max(...ends));
    hits.y.push(y);
    hits.of.push(place);
  });
  const lines = [
    ...(table.now.value === null ? [] : [{ x: table.now.value, text: "now" }]),
    ...(table.then.value === null ? [] : [{ x: table.then.value, text: "then" }]),
  ];
  const names = shown.map(({ sets }) => sets.replace(/^[a-z]+\./, "").replaceAll("_", " ")).reverse();
  return {
    x: { name: table.objective, title: "the scenario gives", unit: OBJECTIVE[table.objective] ?? "", kind: "log", direction: "higher" },
    y: { name: "parameter", title: "", unit: "", kind: "linear", names },
    layers,
    hits,
    lines,
    left: leftOfNames(names),
    room: 0.28,
  };
}

function csvOf(table: StudyWhatIf): CsvTable {
  return {
    columns: ["sets", "now", "value", "low", "high", `${table.objective}_at_low`, `${table.objective}_at_high`, "swing_times", "assumed", "source"],
    rows: table.parameters.map((one) => [one.sets, one.now, one.value, one.low, one.high, one.at_low, one.at_high, one.swing_times, one.assumed, one.source]),
  };
}

function View({ table }: { table: StudyWhatIf }) {
  const shown = useMemo(() => table.parameters.filter(ranged), [table]);
  const plot = useMemo(() => plotOf(table, shown), [table, shown]);
  const tip = (place: number): Tip => {
    const one = shown[place]!;
    return {
      title: one.sets,
      rows: [
        ["range", `${number(one.low)} to ${number(one.high)}`],
        ["gives", `${number(one.at_low)} to ${number(one.at_high)}`],
        ["ground", one.assumed ? "assumed" : "sourced"],
      ],
    };
  };
  return (
    <>
      <dl className="figures">
        <Big title="Now" table={table} outcome={table.now} />
        <Big title="Then" table={table} outcome={table.then} />
        <div>
          <dt>The scenario gives</dt>
          <dd><b>{table.gain === null ? "\u2013" : times(table.gain)}</b><span>at {asked(table.interactivity_tps)} tokens/s for each user</span></dd>
        </div>
      </dl>
      <section>
        <Figure first title="Which parameter decides" note="each over its range, the others as in the scenario" plot={plot} height={56 + 32 * Math.max(shown.length, 2)} table={() => csvOf(table)} tip={tip} legend={KEY} />
        <ul className="key">
          <li><span className="letter p1" aria-hidden="true" /> assumed</li>
          <li><span className="letter p0" aria-hidden="true" /> sourced</li>
        </ul>
      </section>
      <Parameters table={table} />
      <Outcomes now={table.now} then={table.then} />
    </>
  );
}

const KEY = [{ paint: 1, letter: "\u25cf", label: "assumed" }, { paint: 0, letter: "\u25cf", label: "sourced" }];

function Big({ title, table, outcome }: { title: string; table: StudyWhatIf; outcome: Outcome }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd><b>{number(outcome.value)}</b><span>{outcome.value === null ? "the speed is not reached" : OBJECTIVE[table.objective]}</span></dd>
    </div>
  );
}

function Parameters({ table }: { table: StudyWhatIf }) {
  const columns: Column<Parameter>[] = [
    { key: "sets", head: "Parameter", left: true, value: (one) => one.sets, show: (one) => <code>{one.sets}</code> },
    { key: "now", head: "Now", value: (one) => one.now, show: (one) => number(one.now) },
    { key: "value", head: "Then", value: (one) => one.value, show: (one) => <b>{number(one.value)}</b> },
    { key: "range", head: "Range", value: (one) => one.low, show: (one) => (ranged(one) ? `${number(one.low)} to ${number(one.high)}` : "\u2013") },
    { key: "swing", head: "Swing", unit: "times", value: (one) => one.swing_times, show: (one) => (one.unlimited ? "all" : ranged(one) ? number(one.swing_times) : "\u2013") },
    { key: "ground", head: "Ground", left: true, value: (one) => (one.assumed ? "assumed" : "sourced") },
    { key: "source", head: "Source", left: true, wrap: true, value: (one) => one.source },
  ];
  return (
    <section>
      <div className="section-head"><h2>Parameters</h2></div>
      <Table tall caption="Parameters of the scenario" rows={table.parameters} columns={columns} rowKey={(one) => one.sets} />
    </section>
  );
}

interface OutcomeRow {
  name: string;
  now: string;
  then: string;
}

function Outcomes({ now, then }: { now: Outcome; then: Outcome }) {
  const fields: [string, (one: Outcome) => number | null, (value: number | null) => string][] = [
    ["Throughput of a chip, tokens/s", (one) => one.tps_per_chip, number],
    ["First token, mean", (one) => one.ttft_mean_s, duration],
    ["A token, mean", (one) => one.tpot_mean_s, duration],
    ["A chip-hour", (one) => one.usd_per_hour, usd],
    ["Power of a chip, kW", (one) => one.kw, number],
    ["Chips that work, over their life", (one) => (one.alive === 1 ? null : one.alive), percent],
    ["The site, tokens/s", (one) => one.site_tps, number],
    ["Mass of a chip with all it needs, kg", (one) => one.mass_kg, number],
    ["Panels of a chip, m\u00b2", (one) => one.solar_m2, number],
    ["Radiators of a chip, m\u00b2", (one) => one.radiator_m2, number],
  ];
  const rows: OutcomeRow[] = fields.filter(([, of]) => of(now) !== null || of(then) !== null).map(([name, of, show]) => ({ name, now: show(of(now)), then: show(of(then)) }));
  rows.push({ name: "Laid out", now: now.plan || "\u2013", then: then.plan || "\u2013" });
  const columns: Column<OutcomeRow>[] = [
    { key: "name", head: "Figure", left: true, value: (row) => row.name },
    { key: "now", head: "Now", value: (row) => row.now },
    { key: "then", head: "Then", value: (row) => row.then },
  ];
  return (
    <section>
      <div className="section-head"><h2>Now and then</h2></div>
      <Table tall caption="Now and then" rows={rows} columns={columns} rowKey={(row) => row.name} />
    </section>
  );
}
