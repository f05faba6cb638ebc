import { useMemo } from "react";
import type { Answer, AnswerResult } from "../data/types";
import { count, day, duration, number, signedPercent, usd } from "../format/numbers";
import { KnownBy, VerdictWord } from "../parts/known";
import { Table, type Column } from "../parts/table";
import { csvBlob, save } from "../chart/export";
import { keyName, layoutName } from "./query";

interface Props {
  answer: Answer;
  selected: string | null;
  onOpen: (result: AnswerResult) => void;
}

type Ranked = AnswerResult & { place: number };

function columnsOf(answer: Answer): Column<Ranked>[] {
  const { target } = answer;
  const columns: Column<Ranked>[] = [
    { key: "place", head: "#", value: (one) => one.place },
    { key: "configuration", head: "Configuration", left: true, value: (one) => one.label, show: (one) => keyName(one.key, answer.options) },
    { key: "layout", head: "Layout", left: true, value: (one) => one.layout, show: (one) => layoutName(one.layout) },
    { key: "usd_per_mtok_total", head: "Cost", unit: "USD/M tokens", value: (one) => one.cost?.usd_per_mtok_total, show: (one) => <b>{usd(one.cost?.usd_per_mtok_total)}</b> },
    { key: "behind_fraction", head: "Behind", unit: "the first", value: (one) => one.behind, show: (one) => (one.place === 1 ? "\u2013" : <span className={one.close ? "warn" : undefined} title={one.close ? "within what re-runs differ by" : undefined}>{signedPercent(one.behind)}{one.close && " \u2248"}</span>) },
    { key: "total_tps_per_chip", head: "Throughput", unit: "tokens/s/chip", value: (one) => one.total_tps_per_chip, show: (one) => number(one.total_tps_per_chip) },
    { key: `interactivity_${target.percentile}_tps`, head: "Each user", unit: `tokens/s, ${target.percentile}`, value: (one) => one.interactivity_tps, show: (one) => number(one.interactivity_tps) },
    { key: "headroom_fraction", head: "Headroom", unit: "over target", value: (one) => one.headroom.interactivity, show: (one) => signedPercent(one.headroom.interactivity) },
    { key: `ttft_${target.percentile}_s`, head: "First token", unit: target.percentile, value: (one) => one.ttft_s, show: (one) => duration(one.ttft_s) },
    { key: "joules_per_total_token", head: "Energy", unit: "J/token", value: (one) => one.energy?.joules_per_total_token, show: (one) => number(one.energy?.joules_per_total_token) },
    { key: "concurrency", head: "Load", unit: "users", value: (one) => one.concurrency },
    { key: "chips", head: "Chips", value: (one) => one.chips },
    { key: "known", head: "Known by", left: true, value: (one) => one.known, show: (one) => <KnownBy way={one.known} /> },
    { key: "measured_day", head: "Day", left: true, value: (one) => one.measured, show: (one) => day(one.measured) },
    { key: "verdict", head: "Instrument", left: true, value: (one) => one.verdict, show: (one) => <VerdictWord verdict={one.verdict} /> },
  ];
  if (answer.results.some((one) => one.fleet))
    columns.splice(
      5, 0,
      { key: "fleet_chips", head: "In all", unit: "chips", value: (one) => one.fleet?.chips, show: (one) => count(one.fleet?.chips) },
      { key: "usd_per_month", head: "A month", unit: "USD", value: (one) => one.fleet?.usd_per_month, show: (one) => usd(one.fleet?.usd_per_month) },
    );
  return columns;
}

export function AnswerTable({ answer, selected, onOpen }: Props) {
  const columns = useMemo(() => columnsOf(answer), [answer]);
  const rows = useMemo(() => answer.results.map((result, place) => ({ ...result, place: place + 1 })), [answer]);
  const csv = () =>
    save(csvBlob({ columns: ["id", ...columns.map((column) => column.key)], rows: rows.map((row) => [row.id, ...columns.map((column) => column.value(row))]) }), "answer.csv");
  return (
    <>
      <Table caption="Configurations that meet the target, best first" rows={rows} columns={columns} selected={selected}
        rowKey={(one) => one.id ?? `${one.label} ${one.layout} ${one.concurrency}`} onOpen={onOpen} />
      <p className="tools"><button className="btn plain" onClick={csv}>Save as CSV</button></p>
    </>
  );
}
