// What stands around the chart of the frontier: series, what marks mean, readings, the table of points.
import { useMemo, useState } from "react";
import type { Facets, Frontier } from "../data/types";
import { day, figure, interval, targetOf } from "../format/numbers";
import { paletteClass } from "../parts/palette";
import { Glyph, isDoubtful, LOOKS, VerdictWord } from "../parts/known";
import { Table, type Column } from "../parts/table";
import type { PointRef, Shown } from "./frontier_plot";
import { keyAside, keyName, layoutName } from "./query";

interface LegendProps {
  shown: Shown[];
  options: Facets;
  onChange: (on: string[]) => void;
}

export function Legend({ shown, options, onChange }: LegendProps) {
  const [all, setAll] = useState(false);
  const on = shown.filter((one) => one.on).map((one) => one.series.label);
  const toggle = (label: string) => {
    const next = on.includes(label) ? on.filter((one) => one !== label) : [...on, label];
    // The last one stays: an empty chart says nothing.
    if (next.length > 0) onChange(next);
  };
  const hidden = shown.length - on.length;
  const keys = shown.map((one) => one.series.key);
  return (
    <ul className="legend" aria-label="Series">
      {shown.filter((one) => all || one.on).map(({ series, letter, paint, on: lit }) => (
        <li key={series.label}>
          <button aria-pressed={lit} onClick={() => toggle(series.label)} title={series.label}>
            <span className={`letter ${paletteClass(paint)}`}>{letter}</span>
            {keyName(series.key, options) || series.label}
            {keyName(series.key, options) && <span className="quiet">{keyAside(series.key, options, keys)}</span>}
          </button>
        </li>
      ))}
      {!all && hidden > 0 && <li><button className="quiet" onClick={() => setAll(true)}>{hidden} more</button></li>}
      {all && hidden > 0 && <li><button className="quiet" onClick={() => onChange(shown.map((one) => one.series.label))}>draw all {shown.length}</button></li>}
      {on.length > 1 && <li><button className="quiet" onClick={() => { setAll(true); onChange([shown[0]!.series.label]); }}>only the best</button></li>}
    </ul>
  );
}

/** Only the marks that are on the chart are explained. */
export function MarksKey({ shown, overlay, curve }: { shown: Shown[]; overlay: boolean; curve: boolean }) {
  const ways = new Set(shown.filter((one) => one.on).map((one) => one.series.key.way));
  if (overlay) ways.add("predicted");
  const degraded = shown.some((one) => one.on && one.series.points.verdict.some(isDoubtful));
  const off = shown.some((one) => one.on && one.series.points.on_front.some((front) => !front));
  return (
    <ul className="key" aria-label="What the marks mean">
      {[...ways].map((way) => (
        <li key={way}>
          <Line dash={LOOKS[way].dash} />
          <Glyph symbol={LOOKS[way].symbol} fill={LOOKS[way].fill} /> {way}: {LOOKS[way].says}
        </li>
      ))}
      {degraded && <li><Glyph symbol="circle" fill="hollow" /> measured, but the client was degraded</li>}
      {off && <li><Glyph symbol="circle" fill="solid" className="pale" /> not on the frontier</li>}
      <li>{curve ? "lines join measured points: what lies between them is read, not measured" : "stairs: at each target the best point that meets it"}</li>
    </ul>
  );
}

function Line({ dash }: { dash: number[] | undefined }) {
  return (
    <svg width="22" height="8" viewBox="0 0 22 8" aria-hidden="true">
      <path d="M0 4H22" stroke="currentColor" strokeWidth="2" strokeDasharray={dash?.join(" ")} />
    </svg>
  );
}

interface ReadingsProps {
  answer: Frontier;
  shown: Shown[];
  onOpen: (id: string) => void;
  onHot: (id: string | null) => void;
}

/** The series at the target, best first. */
export function Readings({ answer, shown, onOpen, onHot }: ReadingsProps) {
  const rows = shown.filter((one) => one.series.reading?.step);
  const none = shown.length - rows.length;
  const between = shown.some((one) => one.series.reading?.between);
  const measured = rows.every((one) => one.series.key.way === "measured");
  const columns = useMemo<Column<Shown>[]>(() => {
    const keys = shown.map((one) => one.series.key);
    const list: Column<Shown>[] = [
      { key: "series", head: "Series", left: true, value: (one) => one.series.label,
        show: (one) => <><span className={`letter ${paletteClass(one.paint)}`}>{one.letter}</span> {keyName(one.series.key, answer.options)} <span className="quiet small">{keyAside(one.series.key, answer.options, keys)}</span></> },
      { key: "y", head: measured ? "measured" : "best", unit: answer.y.unit, value: (one) => one.series.reading!.step!.y,
        show: (one) => <b>{figure(one.series.reading!.step!.y, answer.y.unit)}</b> },
    ];
    if (between)
      list.push({ key: "between", head: "between", unit: "80 % band", value: (one) => one.series.reading!.between?.y,
        show: (one) => {
          const read = one.series.reading!.between;
          return read ? <>{figure(read.y, answer.y.unit)} <span className="quiet small">{figure(read.low, answer.y.unit)} to {figure(read.high, answer.y.unit)}</span></> : "\u2013";
        } });
    else list.push({ key: "x", head: "at", unit: answer.x.unit, value: (one) => one.series.reading!.step!.x, show: (one) => figure(one.series.reading!.step!.x, answer.x.unit) });
    return list;
  }, [answer, between, measured, shown]);
  return (
    <div className="readings">
      <div className="section-head">
        <h2>{answer.at === null ? "Series" : `At ${targetOf(answer.at, answer.x.unit)}`}</h2>
        <p className="note">{answer.y.title}, the best point that meets it</p>
      </div>
      {rows.length > 0 ? (
        <Table caption={`Readings of ${answer.y.title}`} rows={rows} columns={columns} rowKey={(one) => one.series.label}
          onOpen={(one) => onOpen(one.series.reading!.step!.id)} onHot={(one) => onHot(one ? one.series.reading!.step!.id : null)} />
      ) : (
        <p className="note">{answer.at === null ? "Type a target into 'Read at'." : "No series has a point that meets it: choose another target."}</p>
      )}
      {none > 0 && rows.length > 0 && <p className="note gap">{none} series have no point that meets it.</p>}
    </div>
  );
}

interface PointsProps {
  answer: Frontier;
  refs: PointRef[];
  selected: string | null;
  onOpen: (ref: PointRef) => void;
  onHot: (ref: PointRef | null) => void;
}

export function PointsTable({ answer, refs, selected, onOpen, onHot }: PointsProps) {
  const columns = useMemo<Column<PointRef>[]>(() => {
    const points = (ref: PointRef) => ref.shown.series.points;
    return [
      { key: "series", head: "Series", left: true, value: (ref) => ref.shown.letter,
        show: (ref) => <><span className={`letter ${paletteClass(ref.shown.paint)}`}>{ref.shown.letter}</span> {keyName(ref.shown.series.key, answer.options)}</> },
      { key: "known", head: "Known by", left: true, value: (ref) => ref.shown.series.key.way },
      { key: "y", head: answer.y.title, unit: answer.y.unit, value: (ref) => points(ref).y[ref.i],
        show: (ref) => <Value value={points(ref).y[ref.i]} low={points(ref).y_low[ref.i]} high={points(ref).y_high[ref.i]} unit={answer.y.unit} /> },
      { key: "x", head: answer.x.title, unit: answer.x.unit, value: (ref) => points(ref).x[ref.i],
        show: (ref) => <Value value={points(ref).x[ref.i]} low={points(ref).x_low[ref.i]} high={points(ref).x_high[ref.i]} unit={answer.x.unit} /> },
      { key: "load", head: "Load", unit: "users", value: (ref) => points(ref).concurrency[ref.i], show: (ref) => points(ref).concurrency[ref.i] ?? (points(ref).rate_rps[ref.i] == null ? "\u2013" : `${points(ref).rate_rps[ref.i]} req/s`) },
      { key: "chips", head: "Chips", value: (ref) => points(ref).chips[ref.i] },
      { key: "layout", head: "Layout", left: true, value: (ref) => answer.layouts[points(ref).layout[ref.i]!], show: (ref) => layoutName(answer.layouts[points(ref).layout[ref.i]!] ?? "") },
      { key: "measured", head: "Day", left: true, value: (ref) => points(ref).measured[ref.i], show: (ref) => day(points(ref).measured[ref.i]) },
      { key: "verdict", head: "Instrument", left: true, value: (ref) => points(ref).verdict[ref.i], show: (ref) => <VerdictWord verdict={points(ref).verdict[ref.i]!} /> },
      { key: "front", head: "Frontier", left: true, value: (ref) => (points(ref).on_front[ref.i] ? "yes" : points(ref).excluded[ref.i] || "behind") },
    ];
  }, [answer]);
  return (
    <Table caption="Points" rows={refs} columns={columns} rowKey={(ref) => ref.shown.series.points.id[ref.i]!} selected={selected} onOpen={onOpen} onHot={onHot} />
  );
}

function Value({ value, low, high, unit }: { value: number | null | undefined; low: number | null | undefined; high: number | null | undefined; unit: string }) {
  const around = interval(low, high, unit);
  return around ? <span title={`95 % interval: ${around}`}>{figure(value, unit)}<span className="quiet"> {"\u00b1"}</span></span> : <>{figure(value, unit)}</>;
}
