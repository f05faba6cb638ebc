// A sortable table of any length: only the rows in sight are in the page. Arrow keys go from row to
// row, Enter opens one.
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import type { Cell } from "../chart/csv";

export interface Column<Row> {
  key: string;
  head: string;
  unit?: string;
  /** What is sorted by, and what CSV holds. */
  value: (row: Row) => Cell;
  show?: (row: Row) => ReactNode;
  left?: boolean;
  wrap?: boolean;
}

interface Props<Row> {
  caption: string;
  rows: Row[];
  columns: Column<Row>[];
  rowKey: (row: Row) => string;
  selected?: string | null;
  onOpen?: (row: Row) => void;
  onHot?: (row: Row | null) => void;
  sort?: string;
  tall?: boolean;
}

const ROW = 28;
const SPARE = 12;
const ALL = 200;

type Order = { key: string; up: boolean };

function compare(a: Cell, b: Cell): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

/** Missing values stay last, whichever way one sorts. */
export function sorted<Row>(rows: Row[], value: (row: Row) => Cell, up: boolean): Row[] {
  const missing = (cell: Cell) => cell === null || cell === undefined || cell === "";
  return [...rows].sort((left, right) => {
    const a = value(left);
    const b = value(right);
    if (missing(a) || missing(b)) return Number(missing(a)) - Number(missing(b));
    return up ? compare(a, b) : compare(b, a);
  });
}

function orderOf(text: string | undefined): Order | null {
  if (!text) return null;
  return text.startsWith("-") ? { key: text.slice(1), up: false } : { key: text, up: true };
}

function useWindow(box: React.RefObject<HTMLDivElement>, length: number): [number, number] {
  const [top, setTop] = useState(0);
  const whole = length <= ALL;
  useEffect(() => {
    const element = box.current!;
    const seen = () => setTop(element.scrollTop);
    element.addEventListener("scroll", seen, { passive: true });
    return () => element.removeEventListener("scroll", seen);
  }, [box]);
  if (whole) return [0, length];
  const first = Math.max(0, Math.floor(top / ROW) - SPARE);
  return [first, Math.min(length, first + Math.ceil(440 / ROW) + 2 * SPARE)];
}

export function Table<Row>(props: Props<Row>) {
  const { rows, columns, rowKey, onOpen, onHot } = props;
  const [order, setOrder] = useState<Order | null>(() => orderOf(props.sort));
  const box = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const shown = useMemo(() => {
    const column = order && columns.find(({ key }) => key === order.key);
    return column ? sorted(rows, column.value, order.up) : rows;
  }, [rows, columns, order]);
  const [first, last] = useWindow(box, shown.length);

  const focusRow = (place: number) => {
    const next = Math.max(0, Math.min(shown.length - 1, place));
    setActive(next);
    if (shown.length > ALL) box.current!.scrollTop = Math.max(0, next * ROW - 160);
    requestAnimationFrame(() =>
      box.current?.querySelector<HTMLElement>(`[data-row="${next}"]`)?.focus({ preventScroll: shown.length > ALL }),
    );
  };
  const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 14, PageUp: -14, Home: -1e9, End: 1e9 };
  const key = (event: KeyboardEvent, place: number) => {
    if (event.key in steps) {
      event.preventDefault();
      focusRow(place + steps[event.key]!);
    } else if ((event.key === "Enter" || event.key === " ") && event.target === event.currentTarget) {
      event.preventDefault();
      onOpen?.(shown[place]!);
    }
  };
  return (
    <div className={`scroll ${props.tall ? "tall" : ""}`} ref={box} tabIndex={onOpen ? -1 : 0} role="region" aria-label={props.caption}>
      <table aria-rowcount={shown.length + 1}>
        <caption className="sr">{props.caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.key} column={column} order={order} onOrder={setOrder} />
            ))}
          </tr>
        </thead>
        <tbody>
          {first > 0 && <tr aria-hidden="true"><td colSpan={columns.length} style={{ height: first * ROW, padding: 0 }} /></tr>}
          {shown.slice(first, last).map((row, i) => {
            const place = first + i;
            const id = rowKey(row);
            const open = onOpen && {
              "data-row": place,
              tabIndex: place === Math.min(active, shown.length - 1) ? 0 : -1,
              onClick: () => onOpen(row),
              onKeyDown: (event: KeyboardEvent) => key(event, place),
              onFocus: () => { setActive(place); onHot?.(row); },
              onBlur: () => onHot?.(null),
              onMouseEnter: () => onHot?.(row),
              onMouseLeave: () => onHot?.(null),
            };
            return (
              <tr key={id} aria-rowindex={place + 2} aria-selected={onOpen ? props.selected === id : undefined} {...open}>
                {columns.map((column) => <Data key={column.key} column={column} row={row} />)}
              </tr>
            );
          })}
          {last < shown.length && <tr aria-hidden="true"><td colSpan={columns.length} style={{ height: (shown.length - last) * ROW, padding: 0 }} /></tr>}
        </tbody>
      </table>
    </div>
  );
}

function Head<Row>({ column, order, onOrder }: { column: Column<Row>; order: Order | null; onOrder: (order: Order) => void }) {
  const mine = order?.key === column.key;
  const sort = mine ? (order!.up ? "ascending" : "descending") : "none";
  return (
    <th scope="col" aria-sort={sort} className={column.left ? "left" : undefined}>
      <button onClick={() => onOrder({ key: column.key, up: mine ? !order!.up : true })}>
        {column.head}
        {column.unit && <small>{column.unit}</small>}
      </button>
    </th>
  );
}

function Data<Row>({ column, row }: { column: Column<Row>; row: Row }) {
  const text = column.show ? column.show(row) : String(column.value(row) ?? "\u2013");
  const kind = `${column.left ? "left" : ""} ${column.wrap ? "wrap" : ""}`.trim();
  return <td className={kind || undefined}>{text}</td>;
}
