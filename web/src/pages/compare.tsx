import { useMemo, useState } from "react";
import { useQuery, type Change } from "../app/location";
import type { Layer, Plot } from "../chart/plot";
import type { Tip } from "../chart/chart";
import { useAnswer, useKnown } from "../data/use";
import type { Compare, Facets } from "../data/types";
import { counted, figure, quantity, signedPercent, targetOf } from "../format/numbers";
import { Select, type Choice } from "../parts/fields";
import { Figure } from "../parts/figure";
import { paletteClass } from "../parts/palette";
import { PointPanel } from "../parts/point_panel";
import { Empty, Notes, Ready } from "../parts/states";
import { AxisChoice } from "./axes";
import { scaleOf } from "./frontier_plot";
import { ask, keyOf, labelOf, PRICES, ROWS, shapeName, shortChip } from "./query";
import { ModelAndShape } from "./row_filters";

const OWN = ["side", "x", "metric", "at"];
const PARTS = ["chip", "engine", "precision", "speculative"] as const;
const TARGETS = ["20", "50", "100"];

export default function ComparePage() {
  const [query, change] = useQuery();
  const { source } = useKnown();
  const sides = query.getAll("side").filter(Boolean);
  // Filters that stand in a side do not stand above both.
  const question = ask(query, [...ROWS.filter((name) => !(PARTS as readonly string[]).includes(name)), ...PRICES, ...OWN], {
    at: query.get("matched") === "load" ? undefined : query.has("at") ? query.getAll("at") : TARGETS,
  });
  const ready = sides.length >= 2;
  const asked = useAnswer(ready ? keyOf("compare", question) : null, (signal) => source.compare(question, signal));
  const options = useAnswer(ready ? null : keyOf("frontier", ask(query, ["model", "shape"])), (signal) => source.frontier(ask(query, ["model", "shape"]), signal));
  if (!ready)
    return <Ready asked={options}>{(frontier) => <Begin options={frontier.options} model={frontier.query.model[0] ?? ""} shape={frontier.query.shape[0] ?? ""} change={change} sides={sides} />}</Ready>;
  return <Ready asked={asked}>{(compare) => <View compare={compare} query={query} change={change} sides={sides} />}</Ready>;
}

/** "engine=sglang,chip=b200" <-> {engine: "sglang", chip: "b200"}. */
export function sideParts(side: string): Record<string, string> {
  return Object.fromEntries(side.split(",").filter(Boolean).map((part) => {
    const cut = part.indexOf("=");
    return cut < 0 ? [part, ""] : [part.slice(0, cut), part.slice(cut + 1)];
  }));
}

export function sideText(parts: Record<string, string>): string {
  return Object.entries(parts).filter(([, value]) => value !== "").map(([name, value]) => `${name}=${value}`).join(",");
}

interface SidesProps {
  options: Facets;
  sides: string[];
  change: Change;
}

function Sides({ options, sides, change }: SidesProps) {
  const set = (place: number, name: string, value: string) => {
    const next = [...sides];
    next[place] = sideText({ ...sideParts(next[place] ?? ""), [name]: value });
    change({ side: next.filter(Boolean) });
  };
  const rows = sides.length < 2 ? [...sides, ...Array<string>(2 - sides.length).fill("")] : sides;
  return (
    <div className="sides">
      {rows.map((side, place) => {
        const parts = sideParts(side);
        const others = Object.entries(parts).filter(([name]) => !(PARTS as readonly string[]).includes(name));
        return (
          <fieldset key={place} className="side">
            <legend><span className={`letter ${paletteClass(place)}`}>{place + 1}</span> {place === 0 ? "the one" : "against"}</legend>
            {PARTS.map((name) => {
              const choices: Choice[] = [{ value: "", label: "any" }, ...options[name].map(({ value, label }) => ({ value, label }))];
              return <Select key={name} label={name} value={parts[name] ?? ""} choices={choices} onChange={(value) => set(place, name, value)} />;
            })}
            {others.map(([name, value]) => <span key={name} className="tag">{name}={value}</span>)}
            {rows.length > 2 && <button className="btn" onClick={() => change({ side: rows.filter((_, i) => i !== place) })} aria-label={`Take side ${place + 1} off`}>{"\u2715"}</button>}
          </fieldset>
        );
      })}
    </div>
  );
}

function Begin({ options, model, shape, change, sides }: { options: Facets; model: string; shape: string; change: Change; sides: string[] }) {
  const pairs = PARTS.flatMap((name) => (options[name].length >= 2 ? [{ name, a: options[name][0]!, b: options[name][1]! }] : []));
  const [draft, setDraft] = useState<string[]>(sides);
  const keep: Change = (changes) => {
    const next = (changes["side"] as string[] | undefined) ?? [];
    setDraft(next);
    if (next.length >= 2) change({ side: next });
  };
  return (
    <>
      <div className="head"><div><h1>Compare two or more, at the same target</h1><p className="note">Each difference says whether it is beyond what re-runs differ by.</p></div></div>
      <div className="controls"><ModelAndShape options={options} query={new URLSearchParams()} change={change} model={model} shape={shape} /></div>
      <Sides options={options} sides={draft} change={keep} />
      <Empty title={pairs.length > 0 ? "Choose what differs, or begin with one of these" : "Nothing to compare yet"} command={pairs.length > 0 ? undefined : "roofscape import inferencex benchmarks.json"}>
        <p className="tools">
          {pairs.map(({ name, a, b }) => (
            <button key={name} className="btn" onClick={() => change({ side: [`${name}=${a.value}`, `${name}=${b.value}`] })}>{a.label} against {b.label}</button>
          ))}
        </p>
      </Empty>
    </>
  );
}

interface ViewProps {
  compare: Compare;
  query: URLSearchParams;
  change: Change;
  sides: string[];
}

/** "H200 SXM · SGLang", by the names of the catalog; what is no filter of the page stays as it was asked. */
function sideName(conditions: string, options: Facets): string {
  return Object.entries(sideParts(conditions)).map(([name, value]) => {
    if (name === "chip") return shortChip(labelOf(options.chip, value));
    return (PARTS as readonly string[]).includes(name) ? labelOf(options[name as (typeof PARTS)[number]], value) : `${name} ${value}`;
  }).join(" \u00b7 ");
}

function View({ compare: answered, query, change, sides }: ViewProps) {
  const compare = useMemo(() => ({ ...answered, sides: answered.sides.map((side) => ({ ...side, label: sideName(side.conditions, answered.options) || side.label })) }), [answered]);
  const { meta } = useKnown();
  const plot = useMemo(() => plotOf(compare), [compare]);
  const point = query.get("point");
  const cells = useMemo(() => cellsOf(compare), [compare]);
  const tip = (i: number): Tip => {
    const { side, match } = cells[i]!;
    const value = match.values[side]!;
    const rows: [string, string][] = [[compare.metric.title, quantity(value.value, compare.metric.unit)]];
    if (value.effect) rows.push(["against the first", `${signedPercent(value.effect.change)}, ${value.effect.finding}`]);
    return { title: compare.sides[side]!.label, rows };
  };
  const axes = meta.metrics.filter((axis) => axis.direction !== "neither");
  const ats = query.getAll("at").length ? query.getAll("at") : TARGETS;
  return (
    <>
      <Head compare={compare} />
      <div className="controls">
        <ModelAndShape options={compare.options} query={query} change={change} model={compare.query.model[0] ?? ""} shape={compare.query.shape[0] ?? ""} />
        <AxisChoice label="What" axes={axes.filter((axis) => axis.group !== "interactivity")} value={compare.metric.name} onChange={(metric) => change({ metric })} />
        <AxisChoice label="at the same" axes={axes.filter((axis) => axis.group === "interactivity" || axis.group === "latency")} value={compare.x.name} onChange={(x) => change({ x, at: undefined })} />
        <Targets value={ats} unit={compare.x.unit} onChange={(at) => change({ at })} />
        <Select label="Matched by" value={compare.matched_by} choices={[{ value: "x", label: compare.x.title }, { value: "load", label: "load: users or rate" }]} onChange={(value) => change({ matched: value === "load" ? "load" : undefined })} />
      </div>
      <Sides options={compare.options} sides={sides} change={change} />
      <p className="tools gap"><button className="btn" onClick={() => change({ side: [...sides, sides[sides.length - 1]!] })}>Add a side</button></p>
      {compare.matches.length === 0 ? (
        <Empty title="They have no counterparts"><p>No target is met by two of them. Choose lower targets, or match by load.</p></Empty>
      ) : (
        <div className="two gap">
          <div>
            <Figure title={`${compare.metric.title}, side by side`} plot={plot} height={330} table={() => csvOf(compare)} tip={tip}
              onPick={(i) => { const id = cells[i]!.match.values[cells[i]!.side]!.id; if (id) change({ point: id }); }}
              legend={compare.sides.map((side, paint) => ({ paint, letter: String(paint + 1), label: side.label }))} />
            <ul className="key">{compare.sides.map((side, i) => <li key={i}><span className={`letter ${paletteClass(i)}`}>{i + 1}</span> {side.label}: {counted(side.points, "point")}{side.pooled && `, best of several ${side.pooled}`}</li>)}</ul>
          </div>
          {point ? <PointPanel id={point} prices={ask(query, PRICES)} onClose={() => change({ point: undefined })} /> : <Findings compare={compare} />}
        </div>
      )}
      <Matches compare={compare} onOpen={(id) => change({ point: id })} />
      <section className="stack">
        {compare.missing.map((one) => <p key={`${one.side} ${one.reason}`} className="says warn">{compare.sides[one.side]?.label}: {one.reason}</p>)}
        <Notes notes={compare.notes} />
      </section>
    </>
  );
}

function Targets({ value, unit, onChange }: { value: string[]; unit: string; onChange: (at: string[]) => void }) {
  const [text, setText] = useState<string | null>(null);
  const done = () => {
    if (text === null) return;
    const next = text.split(/[\s,;]+/).filter((part) => Number(part) > 0);
    setText(null);
    if (next.length > 0) onChange(next);
  };
  return (
    <form className="field" onSubmit={(event) => { event.preventDefault(); done(); }}>
      <label htmlFor="targets">Targets, {unit}</label>
      <input id="targets" value={text ?? value.join(", ")} onChange={(event) => setText(event.target.value)} onBlur={done} size={14} />
    </form>
  );
}

const FINDINGS: Record<string, string> = {
  better: "better", worse: "worse", "no difference": "no difference", "cannot be shown": "cannot be shown", hint: "a hint: one run each",
};

function Head({ compare }: { compare: Compare }) {
  const effect = compare.overall[1];
  const model = compare.query.model.map((value) => labelOf(compare.options.model, value)).join(", ");
  const [a, b] = compare.sides;
  const words = effect?.change == null ? null : `${b!.label}: ${signedPercent(effect.change)} ${compare.metric.title} against ${a!.label}`;
  return (
    <div className="head">
      <div>
        <h1>{words ?? `${a?.label ?? ""} and ${b?.label ?? ""}: ${compare.matches.length > 0 ? "side by side" : "nothing in common"}`}</h1>
        <p className="note">
          {effect ? `Finding: ${FINDINGS[effect.finding] ?? effect.finding}${effect.floor != null ? `; differences under ${signedPercent(effect.floor).replace("+", "")} cannot be shown without repeats` : ""}. ` : ""}
          {model}, {shapeName(compare.query.shape[0] ?? "")}, matched by {compare.matched_by === "x" ? compare.x.title : "load"}.
        </p>
      </div>
    </div>
  );
}

type Match = Compare["matches"][number];

function cellsOf(compare: Compare): { side: number; match: Match }[] {
  return compare.matches.flatMap((match) => match.values.flatMap((value, side) => (value ? [{ side, match }] : [])));
}

function plotOf(compare: Compare): Plot {
  const layers: Layer[] = [];
  const byLoad = compare.matched_by === "load";
  compare.sides.forEach((_, side) => {
    const at = compare.matches.flatMap((match) => (match.values[side] ? [match.at, match.values[side]!.value] : []));
    if (at.length === 0) return;
    if (compare.matches.every((match) => match.layout === compare.matches[0]!.layout)) layers.push({ kind: "line", paint: side, width: 1.5, opacity: 0.5, at });
    layers.push({ kind: "points", paint: side, symbol: "circle", fill: "solid", size: 11, at });
    layers.push({ kind: "tag", paint: side, text: String(side + 1), at: [at[at.length - 2]!, at[at.length - 1]!] });
  });
  const cells = cellsOf(compare);
  const x = byLoad ? { name: "load", title: "load", unit: "users", kind: "log" as const } : scaleOf(compare.x, "linear");
  return {
    x,
    y: scaleOf(compare.metric, "linear"),
    layers,
    hits: { x: cells.map(({ match }) => match.at), y: cells.map(({ match, side }) => match.values[side]!.value), of: cells.map((_, i) => i) },
  };
}

function csvOf(compare: Compare) {
  return {
    columns: ["at", "layout", ...compare.sides.flatMap((side) => [`${compare.metric.name} of ${side.label}`, `change_fraction of ${side.label}`, `finding of ${side.label}`, `id of ${side.label}`])],
    rows: compare.matches.map((match) => [match.at, match.layout, ...match.values.flatMap((value) => [value?.value, value?.effect?.change, value?.effect?.finding, value?.id])]),
  };
}

function Findings({ compare }: { compare: Compare }) {
  return (
    <div className="stack">
      <h2>Against {compare.sides[0]!.label}, over all targets</h2>
      {compare.overall.map((effect, side) =>
        effect ? (
          <div key={side} className={`says ${effect.finding === "better" ? "good" : effect.finding === "worse" ? "bad" : ""}`}>
            <p><strong>{compare.sides[side]!.label}: {signedPercent(effect.change)}</strong>{effect.low != null && effect.high != null && ` (${signedPercent(effect.low)} to ${signedPercent(effect.high)})`}</p>
            <p className="note">{FINDINGS[effect.finding] ?? effect.finding}. {effect.differs.length > 0 && `They differ in ${effect.differs.join(", ")}.`}</p>
          </div>
        ) : null,
      )}
    </div>
  );
}

function Matches({ compare, onOpen }: { compare: Compare; onOpen: (id: string) => void }) {
  if (compare.matches.length === 0) return null;
  const unit = compare.metric.unit;
  const layouts = compare.matches.some((match) => match.layout);
  return (
    <section>
      <div className="section-head"><h2>At each target</h2><p className="note">{compare.metric.title}, {unit}; the best measured point that meets it</p></div>
      <div className="scroll tall" tabIndex={0} role="region" aria-label="Values at each target">
        <table>
          <caption className="sr">Values at each target</caption>
          <thead>
            <tr>
              <th scope="col">At</th>
              {layouts && <th scope="col" className="left">Layout</th>}
              {compare.sides.map((side, i) => <th scope="col" key={i}><span className={`letter ${paletteClass(i)}`}>{i + 1}</span> {side.label}</th>)}
            </tr>
          </thead>
          <tbody>
            {compare.matches.map((match) => (
              <tr key={`${match.at} ${match.layout}`}>
                <td>{compare.matched_by === "x" ? targetOf(match.at, compare.x.unit) : `load ${match.at}`}</td>
                {layouts && <td className="left">{match.layout}</td>}
                {match.values.map((value, i) => (
                  <td key={i}>
                    {value ? (
                      <>
                        {value.id ? <button className="linkish" onClick={() => onOpen(value.id!)}>{figure(value.value, unit)}</button> : figure(value.value, unit)}
                        {value.effect && <span className="quiet"> {signedPercent(value.effect.change)} {value.effect.finding}</span>}
                      </>
                    ) : "\u2013"}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
