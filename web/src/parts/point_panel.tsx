// One point: what it is, how it is known, how to get it again, and what was put right in it.
import type { ReactNode } from "react";
import { hrefOf } from "../app/location";
import { Link, Outside } from "../app/link";
import { useAnswer, useKnown } from "../data/use";
import type { Figure, Row } from "../data/types";
import { count, counted, day, figure as figureText, interval, moment, number, quantity, unitText, usd } from "../format/numbers";
import { CopyButton } from "./copy";
import { KnownBy, VerdictWord } from "./known";
import { Failed, Waiting } from "./states";
import { keyOf, layoutName, layoutWords, load, shapeName } from "../pages/query";
import type { Query } from "../data/source";

interface Props {
  id: string;
  prices: Query;
  onClose: () => void;
}

export function PointPanel({ id, prices, onClose }: Props) {
  const { source } = useKnown();
  const asked = useAnswer(keyOf(`row/${id}`, prices), (signal) => source.row(id, prices, signal));
  return (
    <aside className="panel fade" aria-label="The chosen point">
      <header>
        <h2>{asked.value && !asked.stale ? asked.value.label : `Point ${id}`}</h2>
        <button className="btn plain" onClick={onClose} aria-label="Close the point">{"\u2715"}</button>
      </header>
      {asked.failure ? <div><Failed failure={asked.failure} /></div> : !asked.value || asked.stale ? <Waiting /> : <PointBody row={asked.value} />}
    </aside>
  );
}

const KEY_FIGURES = ["usd_per_mtok_total", "total_tps_per_chip", "interactivity_p50_tps", "ttft_p50_s", "e2e_p50_s", "joules_per_total_token_provisioned"];
const ELSE_FIGURES = ["total_tps", "tpot_p50_s", "output_tps_per_chip", "ttft_mean_s"];

function chosen(row: Row): Figure[] {
  const all = [...row.derived, ...row.figures];
  const found = (names: string[]) => names.flatMap((name) => all.find((figure) => figure.name === name && figure.value !== null) ?? []);
  return [...found(KEY_FIGURES), ...found(ELSE_FIGURES)].slice(0, 6);
}

export function PointBody({ row }: { row: Row }) {
  return (
    <>
      <div className="stack">
        <p className="note">
          <KnownBy way={row.key.way} /> {day(row.measured)} {"\u00b7"} instrument <VerdictWord verdict={row.verdict.instrument} />
        </p>
        <dl className="figures pair gap">
          {chosen(row).map((figure) => (
            <div key={figure.name}>
              <dt>{figure.title}</dt>
              <dd>
                <b>{figureText(figure.value, figure.unit)}</b>
                <span>{unitText(figure.unit)}</span>
                <span>{interval(figure.low, figure.high, figure.unit)}</span>
              </dd>
            </div>
          ))}
        </dl>
        {row.price && (
          <p className="note gap">
            at {usd(row.price.usd_per_chip_hour)} a chip-hour: {row.price.tier.replaceAll("_", " ")}, book {row.price.book} of {day(row.price.date)}
            {row.price.placeholder && ", a placeholder computed by its publisher from another chip"}
          </p>
        )}
      </div>
      <Recipe row={row} />
      <Runs row={row} />
      <Verdicts row={row} />
      <Corrections row={row} />
      <AllFigures row={row} />
      <Provenance row={row} />
    </>
  );
}

function Recipe({ row }: { row: Row }) {
  const { recipe } = row;
  return (
    <div>
      <h3>How to get it again</h3>
      <div className="stack">
        {recipe.command && <pre tabIndex={0}>{recipe.command}</pre>}
        {!recipe.command && recipe.text && <pre tabIndex={0} className="short">{recipe.text}</pre>}
        {!recipe.command && !recipe.text && <p className="note">Its source told no settings.</p>}
        <div className="tools">
          <CopyButton primary text={recipe.command ?? recipe.text} label={recipe.command ? "Copy the command" : "Copy the settings"} />
          {recipe.command && <CopyButton text={recipe.text} label="Copy all settings" />}
          {recipe.url && <span className="btn"><Outside href={recipe.url}>The run that made it</Outside></span>}
        </div>
      </div>
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Runs({ row }: { row: Row }) {
  const facts = Object.entries(row.facts);
  return (
    <div>
      <h3>What ran</h3>
      <dl className="facts">
        <Fact name="Model">{row.key.model} {row.key.precision}</Fact>
        <Fact name="Chips">{row.chips === null ? "not told" : count(row.chips)} {"\u00d7"} {row.key.chip}</Fact>
        <Fact name="Layout">{layoutName(row.layout)}<span className="quiet small block">{layoutWords(row.layout)}</span></Fact>
        <Fact name="Engine">{row.key.engine}</Fact>
        <Fact name="Tokens">{shapeName(row.key.shape)} ({row.key.workload})</Fact>
        <Fact name="Load">{load(row.concurrency, row.rate_rps)}</Fact>
        <Fact name="Protocol">{row.key.protocol}, window {row.key.window}</Fact>
        {facts.map(([name, value]) => <Fact key={name} name={name}>{value}</Fact>)}
      </dl>
      <p className="tools gap">
        {row.run && <Link className="btn" href={hrefOf("runs", { run: row.run.id, point: String(row.run.point) })}>Requests of this point</Link>}
        <Link className="btn" href={hrefOf("predict", { model: row.key.model, chip: row.key.chip })}>Predict beside it</Link>
        <Link className="btn" href={hrefOf("history", { model: row.key.model, shape: row.key.shape, chip: row.key.chip })}>History</Link>
      </p>
    </div>
  );
}

function Verdicts({ row }: { row: Row }) {
  const { instrument_reasons: mine, server_reasons: theirs } = row.verdict;
  if (mine.length + theirs.length === 0 && row.complete) return null;
  return (
    <div>
      <h3>Verdict</h3>
      <ul className="list">
        {!row.complete && <li className="warn">The point was not finished.</li>}
        {mine.map((reason) => <li key={reason}>Instrument: {reason}</li>)}
        {theirs.map((reason) => <li key={reason}>Server: {reason}</li>)}
      </ul>
    </div>
  );
}

function Corrections({ row }: { row: Row }) {
  if (row.corrections.length === 0) return null;
  return (
    <div>
      <h3>{counted(row.corrections.length, "correction")} to what was published</h3>
      <ul className="list">
        {row.corrections.map((fix) => (
          <li key={`${fix.code} ${fix.field}`}>
            <code>{fix.field}</code>: {fix.was || "nothing"} {"\u2192"} {fix.now || "missing"} <span className="quiet">({fix.code.replaceAll("_", " ")})</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function AllFigures({ row }: { row: Row }) {
  const all = [...row.figures, ...row.derived];
  return (
    <div>
      <details className="more">
        <summary>All {all.length} figures</summary>
        <table>
          <thead>
            <tr><th scope="col" className="left">Figure</th><th scope="col">Value</th><th scope="col">95 % interval</th></tr>
          </thead>
          <tbody>
            {all.map((figure) => (
              <tr key={figure.name}>
                <th scope="row" title={figure.name}>{figure.title}</th>
                <td>{quantity(figure.value, figure.unit)}</td>
                <td className="quiet">{interval(figure.low, figure.high, figure.unit) || "\u2013"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </div>
  );
}

function Provenance({ row }: { row: Row }) {
  const { origin } = row;
  return (
    <div>
      <h3>Where it comes from</h3>
      <dl className="facts">
        <Fact name="Source">{origin.url ? <Outside href={origin.url}>{origin.source}</Outside> : origin.source}</Fact>
        <Fact name="Format">{origin.format}</Fact>
        <Fact name="Key"><code>{origin.key}</code></Fact>
        {origin.revision !== null && <Fact name="Revision">{number(origin.revision)}</Fact>}
        <Fact name="Known since">{moment(origin.known)}</Fact>
        <Fact name="Row">{row.id}</Fact>
      </dl>
      {row.original && (
        <details className="more gap">
          <summary>The text as published</summary>
          <pre tabIndex={0}>{row.original}</pre>
        </details>
      )}
    </div>
  );
}
