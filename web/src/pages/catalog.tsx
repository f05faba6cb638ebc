import { useMemo } from "react";
import { go, hrefOf, useQuery } from "../app/location";
import { Link } from "../app/link";
import { useAnswer, useKnown } from "../data/use";
import type { CatalogEntry, CatalogList } from "../data/types";
import { count, counted, day, number, usd } from "../format/numbers";
import { csvBlob, save } from "../chart/export";
import { Empty, Ready } from "../parts/states";
import { Table, type Column } from "../parts/table";
import { Drawing } from "./drawings";

const KINDS = ["chips", "fabrics", "models", "prices", "scores", "engines"];
const ABOUT: Record<string, string> = {
  chips: "What a chip holds and reaches, dense figures, each with its source.",
  fabrics: "How chips are joined, and what a chip can send one way.",
  models: "Layers, heads, experts: what a token costs in bytes and operations follows from them.",
  prices: "What a chip-hour costs, to whom, from which day. A later book changes no earlier figure.",
  scores: "What models reach on which tasks, by whose harness.",
  engines: "Who serves.",
};

export default function CatalogPage() {
  const [query] = useQuery();
  const kind = KINDS.includes(query.get("kind") ?? "") ? query.get("kind")! : "chips";
  const id = query.get("id");
  return (
    <>
      <nav aria-label="Kinds of the catalog" className="kinds">
        {KINDS.map((name) => (
          <Link key={name} href={hrefOf("catalog", { kind: name })} className="btn" current={name === kind}>{name}</Link>
        ))}
      </nav>
      {id ? <One kind={kind} id={id} /> : <Many kind={kind} />}
    </>
  );
}

function Many({ kind }: { kind: string }) {
  const { source } = useKnown();
  const asked = useAnswer(`catalog/${kind}`, (signal) => source.catalog(kind, signal));
  return <Ready asked={asked}>{(list) => (list.kind === "prices" ? <Prices list={list} /> : <List list={list} />)}</Ready>;
}

function text(value: unknown): string {
  if (value === null || value === undefined) return "\u2013";
  if (typeof value === "number") return Number.isInteger(value) && Math.abs(value) < 10_000 ? String(value) : number(value);
  if (Array.isArray(value)) return value.map(text).join(" \u00d7 ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function List({ list }: { list: CatalogList }) {
  const columns = useMemo<Column<CatalogEntry>[]>(() => {
    const shown = list.columns.filter(({ field }) => list.entries.some((entry) => entry.values[field] !== undefined));
    return [
      { key: "name", head: "Name", left: true, value: (entry) => entry.name, show: (entry) => <b>{entry.name}</b> },
      { key: "id", head: "Id", left: true, value: (entry) => entry.id, show: (entry) => <code>{entry.id}</code> },
      ...shown.map(({ field, title, unit }) => {
        const words = list.entries.some((entry) => typeof entry.values[field] === "string");
        return {
          key: field, head: title, unit, left: words,
          value: (entry: CatalogEntry) => (typeof entry.values[field] === "number" ? (entry.values[field] as number) : entry.values[field] === undefined ? null : text(entry.values[field])),
          show: (entry: CatalogEntry) => text(entry.values[field]),
        };
      }),
      { key: "collected", head: "Collected", left: true, value: (entry) => entry.collected, show: (entry) => day(entry.collected) },
    ];
  }, [list]);
  const csv = () => save(csvBlob({ columns: columns.map((column) => column.key), rows: list.entries.map((entry) => columns.map((column) => column.value(entry))) }), `${list.kind}.csv`);
  return (
    <>
      <div className="head">
        <div>
          <h1>{counted(list.entries.length, list.kind.replace(/s$/, ""))} in the catalog</h1>
          <p className="note">{ABOUT[list.kind]} Open one for all its numbers and their sources.</p>
        </div>
        <div className="tools"><button className="btn" onClick={csv}>Save as CSV</button></div>
      </div>
      <Table tall caption={`Catalog: ${list.kind}`} rows={list.entries} columns={columns} rowKey={(entry) => entry.id} sort="name"
        onOpen={(entry) => go(hrefOf("catalog", { kind: list.kind, id: entry.id }))} />
    </>
  );
}

interface PriceRow {
  book: CatalogEntry;
  place: string;
  values: Record<string, unknown>;
}

const PRICE = /^price\[(\d+)\]\.(.+)$/;

/** The books hold their prices as price[0].chip, price[0].all_in_kw and so on: one row a price. */
function priceRows(list: CatalogList): PriceRow[] {
  const rows = new Map<string, PriceRow>();
  for (const book of list.entries)
    for (const [field, value] of Object.entries(book.values)) {
      const parts = PRICE.exec(field);
      if (!parts) continue;
      const place = `${book.id} ${parts[1]}`;
      if (!rows.has(place)) rows.set(place, { book, place, values: {} });
      rows.get(place)!.values[parts[2]!] = value;
    }
  return [...rows.values()];
}

function Prices({ list }: { list: CatalogList }) {
  const rows = useMemo(() => priceRows(list), [list]);
  const columns = useMemo<Column<PriceRow>[]>(() => {
    const tiers = [...new Set(rows.flatMap((row) => Object.keys(row.values).filter((name) => name.endsWith("_usd_hr"))))];
    const value = (row: PriceRow, name: string) => (typeof row.values[name] === "number" ? (row.values[name] as number) : null);
    return [
      { key: "from", head: "From", left: true, value: (row) => String(row.book.values["date"] ?? ""), show: (row) => day(String(row.book.values["date"] ?? "")) },
      { key: "chip", head: "Chip", left: true, value: (row) => String(row.values["chip"] ?? ""), show: (row) => <b>{String(row.values["chip"] ?? "")}{row.values["placeholder"] === true && <span className="tag">placeholder</span>}</b> },
      ...tiers.map((name) => ({ key: name, head: name.replace(/_usd_hr$/, "").replaceAll("_", " "), unit: "USD/chip-hour", value: (row: PriceRow) => value(row, name), show: (row: PriceRow) => usd(value(row, name)) })),
      { key: "all_in_kw", head: "all-in power", unit: "kW/chip", value: (row) => value(row, "all_in_kw"), show: (row) => number(value(row, "all_in_kw")) },
      { key: "book", head: "Book", left: true, value: (row) => row.book.name },
    ];
  }, [rows]);
  if (rows.length === 0) return <Empty title="No price books" />;
  const csv = () => save(csvBlob({ columns: columns.map((column) => column.key), rows: rows.map((row) => columns.map((column) => column.value(row))) }), "prices.csv");
  return (
    <>
      <div className="head">
        <div>
          <h1>{counted(rows.length, "price")} in {counted(list.entries.length, "dated book")}</h1>
          <p className="note">{ABOUT["prices"]}</p>
        </div>
        <div className="tools"><button className="btn" onClick={csv}>Save as CSV</button></div>
      </div>
      <Table tall caption="Prices" rows={rows} columns={columns} rowKey={(row) => row.place} sort="-from" onOpen={(row) => go(hrefOf("catalog", { kind: "prices", id: row.book.id }))} />
    </>
  );
}

function One({ kind, id }: { kind: string; id: string }) {
  const { source } = useKnown();
  const asked = useAnswer(`catalog/${kind}/${id}`, (signal) => source.catalogOne(kind, id, signal));
  return <Ready asked={asked}>{(entry) => <Entry kind={kind} entry={entry} />}</Ready>;
}

interface Fact {
  field: string;
  value: unknown;
  source: string;
}

function Entry({ kind, entry }: { kind: string; entry: CatalogEntry }) {
  const facts = useMemo<Fact[]>(
    () => Object.entries(entry.values).map(([field, value]) => ({ field, value, source: entry.source_of?.[field] ?? "" })),
    [entry],
  );
  const columns = useMemo<Column<Fact>[]>(
    () => [
      { key: "field", head: "Field", left: true, value: (fact) => fact.field, show: (fact) => <code>{fact.field}</code> },
      { key: "value", head: "Value", left: true, wrap: true, value: (fact) => (typeof fact.value === "number" ? fact.value : text(fact.value)), show: (fact) => <b>{text(fact.value)}</b> },
      { key: "source", head: "Source", left: true, wrap: true, value: (fact) => fact.source, show: (fact) => sourceText(entry, fact.source) },
      { key: "date", head: "Seen on", left: true, value: (fact) => entry.sources?.[fact.source]?.date, show: (fact) => day(entry.sources?.[fact.source]?.date) },
    ],
    [entry],
  );
  const drawn = entry.shape && Object.keys(entry.shape).length > 0;
  return (
    <>
      <div className="head">
        <div>
          <h1>{entry.name}</h1>
          <p className="note">{[entry.id, ...entry.aliases].join(", ")}. Collected {day(entry.collected)}. {entry.note}</p>
        </div>
        <div className="tools">
          {(kind === "chips" || kind === "models") && <Link className="btn" href={hrefOf("frontier", { [kind.replace(/s$/, "")]: entry.id })}>Measured points</Link>}
          {(kind === "chips" || kind === "models") && <Link className="btn" href={hrefOf("predict", { [kind.replace(/s$/, "")]: entry.id })}>Predict</Link>}
          <Link className="btn" href={hrefOf("catalog", { kind })}>All {kind}</Link>
        </div>
      </div>
      <div className={drawn ? "two" : undefined}>
        <Table tall caption={`Facts of ${entry.name}`} rows={facts} columns={columns} rowKey={(fact) => fact.field} />
        {drawn && <Drawing kind={kind} entry={entry} />}
      </div>
      <p className="note gap">{count(facts.length)} values, from <code>{entry.file}</code> of the catalog.</p>
    </>
  );
}

function sourceText(entry: CatalogEntry, id: string): string {
  const source = entry.sources?.[id];
  if (!source) return id || "\u2013";
  return source.confidence && source.confidence !== "high" ? `${source.text} (confidence ${source.confidence})` : source.text;
}
