// The filters of rows that most pages share, with how many rows each value would leave.
import type { Change } from "../app/location";
import type { Facets } from "../data/types";
import { choicesOf, Select } from "../parts/fields";
import { Multi } from "../parts/multi";
import { shapeName } from "./query";

interface Props {
  options: Facets;
  query: URLSearchParams;
  change: Change;
  /** As the server understood it. */
  model: string;
  shape: string;
  only?: string[];
}

const MANY = [
  ["chip", "Chip"],
  ["engine", "Engine"],
  ["precision", "Precision"],
  ["speculative", "Speculation"],
  ["way", "Known by"],
  ["origin", "Origin"],
] as const;

export function ModelAndShape({ options, change, model, shape }: Props) {
  return (
    <>
      <Select label="Model" value={model} choices={choicesOf(options.model)} onChange={(value) => change({ model: value, shape: undefined, point: undefined, on: undefined })} />
      <Select
        label="Tokens"
        value={shape}
        choices={choicesOf(options.shape).map((choice) => ({ ...choice, label: shapeName(choice.value) }))}
        onChange={(value) => change({ shape: value, point: undefined, on: undefined })}
      />
    </>
  );
}

export function RowFilters(props: Props) {
  const { options, query, change, only } = props;
  return (
    <>
      <ModelAndShape {...props} />
      {MANY.map(([name, label]) => {
        const chosen = query.getAll(name).filter(Boolean);
        if (only && !only.includes(name)) return null;
        if (options[name].length < 2 && chosen.length === 0) return null;
        return <Multi key={name} label={label} options={options[name]} chosen={chosen} onChange={(values) => change({ [name]: values, on: undefined })} />;
      })}
    </>
  );
}
