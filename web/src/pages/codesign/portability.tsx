import { useMemo } from "react";
import { useQuery } from "../../app/location";
import type { Study, StudyPortability } from "../../data/types";
import { asked, number, percent } from "../../format/numbers";
import { Figure } from "../../parts/figure";
import { Segments } from "../../parts/fields";
import { Table, type Column } from "../../parts/table";
import type { Tip } from "../../chart/chart";
import type { Table as CsvTable } from "../../chart/csv";
import type { PartProps } from "../codesign";
import { heatPlot, letterOf, type HeatCell } from "./heat";
import { OBJECTIVE, Sources, StudyFrame } from "./study";

type Speed = StudyPortability["speeds"][number];
type Matrix = Pick<Speed, "loss" | "best">;

export default function Portability({ studies }: PartProps) {
  return (
    <StudyFrame studies={studies} kind="portability" part="portability" aside={Aside}>
      {(study) => <View table={study.portability!} />}
    </StudyFrame>
  );
}

function Aside(study: Study) {
  const table = study.portability!;
  return (
    <>
      <ul className="list machines">
        {table.machines.map((machine, place) => <li key={machine.name}><b>{letterOf(place)}</b> {machine.name}, at most {machine.chips} {machine.wafers ? "wafers" : "chips"}</li>)}
      </ul>
      <Sources spent={table.spent} stated={table.stated} quality={table.quality} />
    </>
  );
}

/** So large a loss has the deepest colour. */
const DEEP = 0.5;

function cellsOf({ loss }: Matrix): HeatCell[] {
  return loss.flatMap((row, from) =>
    row.map((value, to): HeatCell => ({
      row: from, column: to, paint: 1, depth: value === null ? null : value / DEEP, text: value === null ? "\u2013" : percent(Math.max(0, value)).replace(" ", "\u00a0"),
    })),
  );
}

function matrixTable(table: StudyPortability, { loss }: Matrix): CsvTable {
  return {
    columns: ["shaped_for", ...table.machines.map((machine) => `loss_on_${machine.name.replace(/[^A-Za-z0-9]+/g, "_")}_fraction`)],
    rows: loss.map((row, from) => [table.machines[from]!.name, ...row]),
  };
}

function tipOf(table: StudyPortability, matrix: Matrix, place: number): Tip {
  const n = table.machines.length;
  const [from, to] = [Math.floor(place / n), place % n];
  const loss = matrix.loss[from]![to]!;
  return {
    title: `${letterOf(from)} on ${letterOf(to)}`,
    rows: [
      ["shaped for", table.machines[from]!.name],
      ["runs on", table.machines[to]!.name],
      ["loses", loss === null ? "not reached" : percent(Math.max(0, loss))],
      ["the shape", matrix.best[from]?.model ?? "\u2013"],
    ],
  };
}

/** The place of the speed at which a move costs most: what the headline speaks of. */
export function dearestOf(speeds: Pick<Speed, "loss">[]): number {
  const worst = speeds.map(({ loss }) => Math.max(0, ...loss.flat().filter((value) => value !== null)));
  return worst.indexOf(Math.max(...worst));
}

const KERNELS = [{ value: "", label: "as they are" }, { value: "grown", label: "grown up" }];

function View({ table }: { table: StudyPortability }) {
  const [query, change] = useQuery();
  const wished = Number(query.get("at"));
  const place = table.speeds.findIndex((speed) => speed.interactivity_tps === wished);
  const speed = table.speeds[place >= 0 ? place : dearestOf(table.speeds)]!;
  const grown = query.get("kernels") === "grown" ? speed.grown_kernels : null;
  const matrix: Matrix = grown ?? speed;
  const n = table.machines.length;
  const plot = useMemo(() => heatPlot(cellsOf(matrix), {
    rows: table.machines.map((_, i) => letterOf(i)), columns: table.machines.map((_, i) => letterOf(i)),
    rowTitle: "shaped for", columnTitle: "runs on", left: 34,
  }), [matrix, table]);
  return (
    <>
      <div className="controls">
        <Segments label="Each user at least, tokens/s" value={String(speed.interactivity_tps)} choices={table.speeds.map((one) => ({ value: String(one.interactivity_tps), label: asked(one.interactivity_tps) }))} onChange={(at) => change({ at })} />
        {speed.grown_kernels && <Segments label="Kernels" value={grown ? "grown" : ""} choices={KERNELS} onChange={(kernels) => change({ kernels })} />}
      </div>
      <Figure first title={`What a model shaped for one machine loses on another, at ${asked(speed.interactivity_tps)} tokens/s/user`} note={grown ? "all kernels at one share of their roofline" : undefined}
        plot={plot} height={50 + Math.max(52, 340 / n) * n} table={() => matrixTable(table, matrix)} tip={(at) => tipOf(table, matrix, at)} />
      <ul className="key">
        {table.machines.map((machine, i) => <li key={machine.name}><b>{letterOf(i)}</b> {machine.name}</li>)}
      </ul>
      <Best table={table} matrix={matrix} worth={grown ? speed.grown_kernels!.worth : null} />
      <Moves speed={speed} />
    </>
  );
}

interface BestRow {
  name: string;
  best: Matrix["best"][number];
  worth: number | null;
}

function Best({ table, matrix, worth }: { table: StudyPortability; matrix: Matrix; worth: (number | null)[] | null }) {
  const open = matrix.best.some((best) => best && best.low !== best.high);
  const rows = table.machines.map((machine, place): BestRow => ({ name: `${letterOf(place)}  ${machine.name}`, best: matrix.best[place]!, worth: worth?.[place] ?? null }));
  const columns: Column<BestRow>[] = [
    { key: "name", head: "Machine", left: true, value: (row) => row.name },
    { key: "value", head: OBJECTIVE[table.objective] ?? table.objective, value: (row) => row.best?.value ?? null, show: (row) => number(row.best?.value) },
    ...(open ? [{ key: "range", head: "Interval", value: (row: BestRow) => row.best?.low ?? null, show: (row: BestRow) => (row.best && row.best.low !== row.best.high ? `${number(row.best.low)} to ${number(row.best.high)}` : "\u2013") }] : []),
    ...(worth ? [{ key: "worth", head: "Over now", unit: "times", value: (row: BestRow) => row.worth, show: (row: BestRow) => number(row.worth) }] : []),
    { key: "model", head: "Best shape", left: true, wrap: true, value: (row) => row.best?.model ?? "reaches the speed with none" },
    { key: "plan", head: "Laid out", left: true, value: (row) => row.best?.plan ?? "" },
  ];
  return (
    <section>
      <div className="section-head"><h2>The best shape of each machine</h2></div>
      <Table tall caption="The best shape of each machine" rows={rows} columns={columns} rowKey={(row) => row.name} />
    </section>
  );
}

const MEANS: Record<string, string> = { kept: "layout as at home", anew: "layout chosen anew", groups: "a token's experts in few groups", two_batches: "two batches overlapped" };
/** A move that costs less is not worth softening. */
const LITTLE = 0.005;

interface MoveRow {
  key: string;
  move: string;
  means: string;
  loss: number | null;
  plan: string;
}

function Moves({ speed }: { speed: Speed }) {
  const dear = speed.moves.filter((move) => move.rows.some((row) => row.means === "anew" && (row.loss === null || row.loss > LITTLE)));
  const rows = dear.flatMap((move) => move.rows.map((row): MoveRow => ({
    key: `${move.from} ${move.to} ${row.means}`, move: `${letterOf(move.from)} on ${letterOf(move.to)}`, means: MEANS[row.means] ?? row.means, loss: row.loss, plan: row.plan,
  })));
  const columns: Column<MoveRow>[] = [
    { key: "move", head: "Move", left: true, value: (row) => row.move },
    { key: "means", head: "With", left: true, value: (row) => row.means },
    { key: "loss", head: "Loss", value: (row) => row.loss, show: (row) => (row.loss === null ? "all" : percent(row.loss)) },
    { key: "plan", head: "Laid out", left: true, value: (row) => row.plan },
  ];
  return (
    <section>
      <div className="section-head"><h2>What softens a move</h2><span className="note">moves that cost more than {percent(LITTLE)}; a loss below zero: better than the shape that is at home there</span></div>
      {rows.length === 0 ? <p className="note">At this speed no move costs that much: the best shapes agree.</p> : <Table tall caption="What softens a move" rows={rows} columns={columns} rowKey={(row) => row.key} />}
    </section>
  );
}

