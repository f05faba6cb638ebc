import { useMemo, useState, type ReactNode } from "react";
import { hrefOf, useQuery, type Change } from "../app/location";
import { Link, Outside } from "../app/link";
import { Chart, type Tip } from "../chart/chart";
import type { Source } from "../data/source";
import { useAnswer, useKnown } from "../data/use";
import type { Answer, AnswerResult, Frontier } from "../data/types";
import { asked, count, counted, day, duration, number, percent, quantity, signedPercent, usd } from "../format/numbers";
import { CopyButton } from "../parts/copy";
import { NumberField, Segments, Select } from "../parts/fields";
import { KnownBy, VerdictWord } from "../parts/known";
import { MoreControls } from "../parts/more";
import { PointPanel } from "../parts/point_panel";
import { Empty, Notes, Ready } from "../parts/states";
import { AnswerTable } from "./answer_table";
import { frontierCsv, letterOf, plotOf, ranked, type Shown } from "./frontier_plot";
import { Legend } from "./frontier_parts";
import { ask, keyName, keyOf, labelOf, layoutName, layoutWords, load, PRICES, ROWS, shapeName } from "./query";
import { RowFilters } from "./row_filters";

const OWN = ["input", "output", "percentile", "interactivity_tps", "ttft_s", "e2e_s", "users", "usd_per_month", "max_chips", "rank", "limit"];
const LIMITS = ["interactivity_tps", "ttft_s", "e2e_s"];
const USUAL = "50";

/** Without any limit in the address the usual one stands. */
export function questionOf(query: URLSearchParams) {
  const limited = LIMITS.some((name) => query.has(name));
  return ask(query, [...ROWS, ...PRICES, ...OWN], limited ? {} : { interactivity_tps: USUAL });
}

export default function AnswerPage() {
  const [query, change] = useQuery();
  const { source } = useKnown();
  const question = questionOf(query);
  const answer = useAnswer(keyOf("answer", question), (signal) => source.answer(question, signal));
  return <Ready asked={answer}>{(value) => <View answer={value} query={query} change={change} source={source} />}</Ready>;
}

interface ViewProps {
  answer: Answer;
  query: URLSearchParams;
  change: Change;
  source: Source;
}

function View({ answer, query, change, source }: ViewProps) {
  const point = query.get("point");
  const [best] = answer.results;
  return (
    <>
      <Controls answer={answer} query={query} change={change} />
      {best ? (
        <div className="two wide-right">
          <Best answer={answer} best={best} />
          {point ? (
            <PointPanel id={point} prices={ask(query, PRICES)} onClose={() => change({ point: undefined })} />
          ) : (
            <Beside answer={answer} query={query} source={source} change={change} />
          )}
        </div>
      ) : (
        <NoAnswer answer={answer} change={change} />
      )}
      {best && (
        <section>
          <div className="section-head">
            <h2>{answer.left_out.beyond_limit > 0 ? "The first" : "All"} {count(answer.results.length)} that meet it, by {RANKS[answer.target.rank]}</h2>
            <LeftOut answer={answer} />
          </div>
          <AnswerTable answer={answer} selected={point} onOpen={(result) => result.id && change({ point: result.id })} />
        </section>
      )}
      <section><Notes notes={answer.notes} /></section>
    </>
  );
}

const RANKS = { cost: "cost", energy: "energy", throughput: "throughput" };
const PERCENTILES = ["mean", "p50", "p75", "p90", "p95", "p99"].map((value) => ({ value, label: value }));

function Controls({ answer, query, change }: Omit<ViewProps, "source">) {
  const { meta } = useKnown();
  const { target } = answer;
  const text = (value: number | null) => (value === null ? "" : String(value));
  // Taking the last limit off keeps the question open, instead of bringing the usual limit back.
  const limit = (name: string) => (value: string) => {
    const others = LIMITS.some((other) => other !== name && query.get(other));
    change({ [name]: value || (others ? undefined : "0"), point: undefined });
  };
  return (
    <>
      <div className="controls">
        <RowFilters options={answer.options} query={query} change={change} model={answer.query.model[0] ?? ""} shape={answer.query.shape[0] ?? ""} only={["chip", "engine", "precision"]} />
        <NumberField label="Each user at least" unit="tokens/s" value={text(target.interactivity_tps)} placeholder="any" onChange={limit("interactivity_tps")} />
        <Segments label="Best by" value={target.rank} choices={Object.entries(RANKS).map(([value, label]) => ({ value, label }))} onChange={(rank) => change({ rank })} />
      </div>
      <MoreControls label="More limits, users, budget, prices">
        <NumberField label="First token within" unit="s" value={text(target.ttft_s)} placeholder="any" onChange={limit("ttft_s")} />
        <NumberField label="Answer within" unit="s" value={text(target.e2e_s)} placeholder="any" onChange={limit("e2e_s")} />
        <Select label="held at" value={target.percentile} choices={PERCENTILES} onChange={(percentile) => change({ percentile })} />
        <NumberField label="Users at once" value={text(target.users)} placeholder="not told" onChange={(users) => change({ users })} />
        <NumberField label="Budget" unit="USD a month" value={text(target.usd_per_month)} placeholder="none" onChange={(usd_per_month) => change({ usd_per_month })} />
        <NumberField label="Chips at hand" value={text(target.max_chips)} placeholder="any" onChange={(max_chips) => change({ max_chips })} />
        {meta.tiers.length > 1 && <Select label="Prices" value={answer.pricing.tier} choices={meta.tiers} onChange={(tier) => change({ tier })} />}
      </MoreControls>
    </>
  );
}

function targetText(answer: Answer): string {
  const { target } = answer;
  const parts = [
    target.interactivity_tps && `each user at least ${asked(target.interactivity_tps)} tokens/s`,
    target.ttft_s && `a first token within ${duration(target.ttft_s)}`,
    target.e2e_s && `an answer within ${duration(target.e2e_s)}`,
  ].filter(Boolean);
  return parts.length === 0 ? "whatever the speed" : `${parts.join(", ")} (${target.percentile})`;
}

const SUPERLATIVE = { cost: "The cheapest", energy: "The one with least energy a token", throughput: "The one with most tokens a chip" };

function Best({ answer, best }: { answer: Answer; best: AnswerResult }) {
  const next = answer.results[1];
  const name = keyName(best.key, answer.options, ["chip"]);
  const chip = labelOf(answer.options.chip, best.key.chip);
  return (
    <div className="box best-box">
      <p className="note">{SUPERLATIVE[answer.target.rank]} {best.known} way to give {targetText(answer)}</p>
      <h1>
        {name} on {best.chips === null ? "" : `${count(best.chips)} \u00d7 `}{chip}
      </h1>
      <details className="more">
        <summary>{layoutName(best.layout)}, {load(best.concurrency, best.rate_rps)}</summary>
        <p className="note">{layoutWords(best.layout)}</p>
      </details>
      <dl className="figures">
        <Big title="A million tokens cost" value={best.cost ? usd(best.cost.usd_per_mtok_total) : "\u2013"} unit=""
          below={best.cost ? `or ${usd(best.cost.usd_per_mtok_output)} a million output tokens` : "no price of this chip at this tier and day"} />
        <Big title="Each user gets" value={number(best.interactivity_tps)} unit="tokens/s" below={headroomText(best.headroom.interactivity, "over the target")} />
        <Big title="First token" value={duration(best.ttft_s)} unit="" below={best.headroom.ttft === null ? answer.target.percentile : headroomText(best.headroom.ttft, "under the limit")} />
        <Big title="Each chip gives" value={number(best.total_tps_per_chip)} unit="tokens/s" below={`${number(best.output_tps_per_chip)} of them output`} />
        <Big title="Energy" value={number(best.energy?.joules_per_total_token)} unit="J a token" below={best.energy ? `${best.energy.boundary} power` : "power not known"} />
        {best.fleet && <Big title="In all" value={count(best.fleet.chips)} unit="chips" below={fleetText(best)} />}
      </dl>
      <div className="tools">
        <CopyButton primary text={best.recipe.command ?? best.recipe.text} label={best.recipe.command ? "Copy the command" : "Copy the configuration"} />
        {best.recipe.url && <span className="btn"><Outside href={best.recipe.url}>The run that made it</Outside></span>}
        {best.id && <Link className="btn" href={hrefOf("frontier", { ...shared(answer), point: best.id })}>See it on the frontier</Link>}
      </div>
      <HowSure answer={answer} best={best} next={next} />
    </div>
  );
}

function shared(answer: Answer): Record<string, string | string[]> {
  return { model: answer.query.model, shape: answer.query.shape, at: String(answer.target.interactivity_tps ?? "") };
}

function fleetText(result: AnswerResult): string {
  const fleet = result.fleet!;
  const money = fleet.usd_per_month === null ? "" : `, ${usd(fleet.usd_per_month)} a month`;
  return `${counted(fleet.deployments, "deployment")} for ${counted(fleet.users, "user")}${money}`;
}

function headroomText(headroom: number | null, words: string): string {
  return headroom === null ? "" : `${signedPercent(headroom)} ${words}`;
}

function Big({ title, value, unit, below }: { title: string; value: string; unit: string; below: string }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>
        <b>{value} {unit && <small>{unit}</small>}</b>
        <span>{below}</span>
      </dd>
    </div>
  );
}

/** How sure is that: how it is known, by whose price, what was put right, how close the next one is. */
function HowSure({ answer, best, next }: { answer: Answer; best: AnswerResult; next: AnswerResult | undefined }) {
  const facts: [string, ReactNode][] = [
    ["Known by", <><KnownBy way={best.known} /> {best.measured && `on ${day(best.measured)}`}</>],
    ["Instrument", <><VerdictWord verdict={best.verdict} />{best.corrections > 0 && `, ${counted(best.corrections, "correction")} to what was published`}</>],
  ];
  if (best.interval) facts.push(["Interval", `${number(best.interval.low)} to ${number(best.interval.high)} tokens/s/chip, 95 % of this run`]);
  if (best.known === "measured") facts.push(["Run again", `cost within ${percent(answer.rerun.p90)} in 9 of 10 published re-runs, within ${percent(answer.rerun.p95)} in 19 of 20`]);
  if (best.cost) {
    const { price } = best.cost;
    facts.push(["Price", `${usd(price.usd_per_chip_hour)} a chip-hour, ${price.tier.replaceAll("_", " ")}, book ${price.book} of ${day(price.date)}${price.placeholder ? " (placeholder)" : ""}`]);
  }
  if (best.between) facts.push(["Read between points", `${number(best.between.total_tps_per_chip)} tokens/s/chip at exactly the target, ${number(best.between.low)} to ${number(best.between.high)} (80 %)`]);
  if (next) facts.push(["Next best", <NextBest answer={answer} next={next} />]);
  if (best.fits_budget !== null) facts.push(["Budget", best.fits_budget ? "fits" : <span className="bad">does not fit</span>]);
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div className="row" key={name}><dt>{name}</dt><dd>{value}</dd></div>
      ))}
    </dl>
  );
}

const BEHIND = { cost: "dearer", energy: "more energy", throughput: "behind" };

/** Whether the first is better than the next at all. */
function NextBest({ answer, next }: { answer: Answer; next: AnswerResult }) {
  return (
    <>
      {keyName(next.key, answer.options)}
      {next.cost && `, ${usd(next.cost.usd_per_mtok_total)} per M tokens`}
      {next.behind !== null && `, ${percent(next.behind)} ${BEHIND[answer.target.rank]}: `}
      {next.behind !== null && (next.close ? <span className="warn">too close to tell which is better</span> : "more than re-runs differ by")}
    </>
  );
}

function LeftOut({ answer }: { answer: Answer }) {
  const { no_point, no_price, over_budget, beyond_limit } = answer.left_out;
  const chips = no_price.map((chip) => labelOf(answer.options.chip, chip)).join(", ");
  const parts = [
    no_point > 0 && `${counted(no_point, "series", "series")} without a point that meets the target`,
    no_price.length > 0 && `no price for ${chips}`,
    over_budget > 0 && `${counted(over_budget, "configuration")} over the budget`,
    beyond_limit > 0 && `${count(beyond_limit)} further ones`,
  ].filter(Boolean);
  return parts.length === 0 ? null : <p className="note">Left out: {parts.join("; ")}.</p>;
}

function NoAnswer({ answer, change }: { answer: Answer; change: Change }) {
  const { meta } = useKnown();
  if (meta.counts.rows === 0)
    return (
      <Empty title="Nothing is measured yet" command={"roofscape bench http://127.0.0.1:8000 --concurrency 1,2,4,8,16\nroofscape import inferencex benchmarks.json"}>
        <p>Measure a server, or import published rows. This page then says what to run, what it costs and how sure that is.</p>
      </Empty>
    );
  return (
    <Empty title={`Nothing known gives ${targetText(answer)}`}>
      <LeftOut answer={answer} />
      <Notes notes={answer.notes} />
      {answer.shapes.length > 0 && <p>Of this model there are rows with: {answer.shapes.map((shape) => (
        <button key={shape.shape} className="btn" onClick={() => change({ shape: shape.shape, input: undefined, output: undefined })}>{shapeName(shape.shape)} ({count(shape.count)})</button>
      ))}</p>}
      <p>Ask for less, or take a filter off. <button className="btn" onClick={() => change({ chip: undefined, engine: undefined, precision: undefined, max_chips: undefined, usd_per_month: undefined })}>Take filters off</button> <Link className="btn" href={hrefOf("predict", { model: answer.query.model })}>Predict it</Link></p>
    </Empty>
  );
}

function frontierAxis(answer: Answer): { x: string; at: number | null } {
  const { percentile, interactivity_tps, ttft_s, e2e_s } = answer.target;
  if (interactivity_tps || (!ttft_s && !e2e_s)) return { x: `interactivity_${percentile}_tps`, at: interactivity_tps };
  return ttft_s ? { x: `ttft_${percentile}_s`, at: ttft_s } : { x: `e2e_${percentile}_s`, at: e2e_s };
}

/** The same question as a curve: the target, and what each series gives there. */
function Beside({ answer, query, source, change }: ViewProps) {
  const axis = frontierAxis(answer);
  const y = answer.target.rank === "throughput" ? "total_tps_per_chip" : answer.target.rank === "energy" ? "joules_per_total_token_provisioned" : "usd_per_mtok_total";
  const question = ask(query, [...ROWS.filter((name) => name !== "shape"), ...PRICES], {
    model: answer.query.model, shape: answer.query.shape, x: axis.x, y, at: axis.at ? String(axis.at) : undefined,
  });
  const frontier = useAnswer(keyOf("frontier", question), (signal) => source.frontier(question, signal));
  return <Ready asked={frontier}>{(value) => <Curves frontier={value} change={change} />}</Ready>;
}

function Curves({ frontier, change }: { frontier: Frontier; change: Change }) {
  const { meta } = useKnown();
  const [on, setOn] = useState<string[] | null>(null);
  const shown = useMemo<Shown[]>(
    () => ranked(frontier).map((series, place) => ({ series, letter: letterOf(place), paint: place, on: on ? on.includes(series.label) : place < 5 })),
    [frontier, on],
  );
  const drawn = useMemo(
    () => plotOf(frontier, shown, { xKind: "linear", yKind: frontier.y.direction === "lower" ? "log" : "linear", curve: false, frontOnly: true, colourBy: "series" }),
    [frontier, shown],
  );
  const tip = (place: number): Tip => {
    const { shown: one, i } = drawn.refs[place]!;
    return {
      title: `${one.letter}  ${keyName(one.series.key, frontier.options)}`,
      rows: [[frontier.y.title, quantity(one.series.points.y[i], frontier.y.unit)], [frontier.x.title, quantity(one.series.points.x[i], frontier.x.unit)]],
    };
  };
  return (
    <div>
      <Legend shown={shown.slice(0, 8)} options={frontier.options} onChange={setOn} />
      <Chart plot={drawn.plot} title={`${frontier.y.title} against ${frontier.x.title}`} height={390}
        source={`Roofscape ${meta.version}. Prices ${frontier.pricing.tier.replaceAll("_", " ")}, ${frontier.pricing.date}.`}
        table={() => frontierCsv(frontier, drawn.refs)} tip={tip}
        legend={shown.filter((one) => one.on).map((one) => ({ paint: one.paint, letter: one.letter, label: one.series.label }))}
        onPick={(place) => { const ref = drawn.refs[place]!; change({ point: ref.shown.series.points.id[ref.i]! }); }} />
    </div>
  );
}
