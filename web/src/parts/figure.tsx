// A chart with its heading and, behind a button, the same figures as a table.
import { useMemo, useState } from "react";
import { Chart } from "../chart/chart";
import type { Cell, Table as CsvTable } from "../chart/csv";
import type { Plot } from "../chart/plot";
import type { Tip } from "../chart/chart";
import { useKnown } from "../data/use";
import { number } from "../format/numbers";
import { Table, type Column } from "./table";

interface Props {
  title: string;
  note?: string;
  plot: Plot;
  height?: number;
  table: () => CsvTable;
  tip?: (place: number) => Tip;
  legend?: React.ComponentProps<typeof Chart>["legend"];
  onPick?: (place: number) => void;
  selected?: number | null;
  hot?: number | null;
  /** Where no heading stands between it and the page's own. */
  first?: boolean;
}

export function Figure({ title, note, table, first = false, ...chart }: Props) {
  const { meta } = useKnown();
  const [open, setOpen] = useState(false);
  return (
    <figure className="figure">
      <Chart {...chart} title={title} table={table} source={`Roofscape ${meta.version}`}>
        <div className="figure-head">
          {first ? <h2>{title}</h2> : <h3>{title}</h3>}
          {note && <span className="note">{note}</span>}
        </div>
      </Chart>
      <details className="more" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>Table</summary>
        {open && <DataTable caption={title} table={table()} />}
      </details>
    </figure>
  );
}

type Row = { place: number; cells: Cell[] };

export function DataTable({ caption, table }: { caption: string; table: CsvTable }) {
  const rows = useMemo<Row[]>(() => table.rows.map((cells, place) => ({ place, cells })), [table]);
  const columns = useMemo<Column<Row>[]>(
    () =>
      table.columns.map((name, k) => ({
        key: name,
        head: name,
        left: table.rows.some((row) => typeof row[k] === "string"),
        value: (row) => row.cells[k],
        show: (row) => {
          const cell = row.cells[k];
          return typeof cell === "number" ? number(cell) : cell === true ? "yes" : cell === false ? "no" : (cell ?? "\u2013");
        },
      })),
    [table],
  );
  return <Table caption={caption} rows={rows} columns={columns} rowKey={(row) => String(row.place)} />;
}
