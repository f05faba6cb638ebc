// The choice of what is drawn against what: a quantity and, where it has them, a percentile.
import { Select, type Choice } from "../parts/fields";
import type { Axis } from "../data/types";

const PARTS = /^(.*)_(mean|min|p50|p75|p90|p95|p99|p999|max)_([a-z]+)$/;

export function splitMetric(name: string): { base: string; stat: string; unit: string } {
  const parts = PARTS.exec(name);
  return parts ? { base: `${parts[1]}_${parts[3]}`, stat: parts[2]!, unit: parts[3]! } : { base: name, stat: "", unit: "" };
}

/** "TTFT p50" -> "TTFT". */
function baseTitle(axis: Axis): string {
  const { stat } = splitMetric(axis.name);
  return stat ? axis.title.replace(new RegExp(`,? ?\\b${stat}\\b`), "").trim() : axis.title;
}

interface Props {
  label: string;
  axes: Axis[];
  value: string;
  onChange: (name: string) => void;
}

const STATS = ["mean", "min", "p50", "p75", "p90", "p95", "p99", "p999", "max"];

export function AxisChoice({ label, axes, value, onChange }: Props) {
  const mine = splitMetric(value);
  const bases = new Map<string, Axis>();
  for (const axis of axes) {
    const { base } = splitMetric(axis.name);
    if (!bases.has(base)) bases.set(base, axis);
  }
  const choices: Choice[] = [...bases].map(([base, axis]) => ({ value: base, label: baseTitle(axis) }));
  const stats = axes.map((axis) => splitMetric(axis.name)).filter((parts) => parts.base === mine.base && parts.stat).map((parts) => parts.stat);
  const named = (base: string, stat: string) =>
    axes.find((axis) => {
      const parts = splitMetric(axis.name);
      return parts.base === base && parts.stat === stat;
    })?.name;
  const pick = (base: string) =>
    onChange(named(base, mine.stat) ?? named(base, "p50") ?? axes.find((axis) => splitMetric(axis.name).base === base)!.name);
  return (
    <>
      <Select label={label} value={mine.base} choices={choices} onChange={pick} />
      {stats.length > 1 && (
        <Select
          label="at"
          value={mine.stat}
          choices={STATS.filter((stat) => stats.includes(stat)).map((stat) => ({ value: stat, label: stat }))}
          onChange={(stat) => onChange(named(mine.base, stat)!)}
        />
      )}
    </>
  );
}
