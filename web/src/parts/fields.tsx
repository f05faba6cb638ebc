// What a question is asked with: choices, numbers, switches. Each writes into the address.
import { useEffect, useId, useState, type ReactNode } from "react";
import { count } from "../format/numbers";
import type { Option } from "../data/types";

export interface Choice {
  value: string;
  label: string;
  note?: string;
}

interface SelectProps {
  label: string;
  value: string;
  choices: Choice[];
  onChange: (value: string) => void;
}

export function Select({ label, value, choices, onChange }: SelectProps) {
  const id = useId();
  const known = choices.some((choice) => choice.value === value);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        {!known && <option value={value}>{value || "any"}</option>}
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
            {choice.note ? ` (${choice.note})` : ""}
          </option>
        ))}
      </select>
    </div>
  );
}

export function choicesOf(options: Option[], any?: string): Choice[] {
  const all = options.map(({ value, label, count: rows }) => ({ value, label, note: count(rows) }));
  return any === undefined ? all : [{ value: "", label: any }, ...all];
}

interface NumberProps {
  label: string;
  value: string;
  unit?: string;
  placeholder?: string;
  min?: number;
  onChange: (value: string) => void;
}

/** Asks again when the reader is done typing: at Enter, or when the field is left. */
export function NumberField({ label, value, unit, placeholder, min = 0, onChange }: NumberProps) {
  const id = useId();
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const done = () => {
    const clean = text.trim();
    if (clean === value) return;
    if (clean !== "" && !(Number(clean) >= min)) setText(value);
    else onChange(clean);
  };
  return (
    <form
      className="field"
      onSubmit={(event) => {
        event.preventDefault();
        done();
      }}
    >
      <label htmlFor={id}>
        {label}
        {unit && `, ${unit}`}
      </label>
      <input
        id={id}
        type="number"
        inputMode="decimal"
        step="any"
        min={min}
        value={text}
        placeholder={placeholder}
        onChange={(event) => setText(event.target.value)}
        onBlur={done}
      />
    </form>
  );
}

interface SegmentsProps {
  label: string;
  value: string;
  choices: Choice[];
  onChange: (value: string) => void;
}

export function Segments({ label, value, choices, onChange }: SegmentsProps) {
  const name = useId();
  return (
    <fieldset className="field">
      <legend>{label}</legend>
      <div className="seg">
        {choices.map((choice) => (
          <label key={choice.value}>
            <input type="radio" name={name} checked={choice.value === value} onChange={() => onChange(choice.value)} />
            {choice.label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export function Tick({ label, checked, onChange }: { label: ReactNode; checked: boolean; onChange: (on: boolean) => void }) {
  return (
    <label className="tick">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      {label}
    </label>
  );
}

interface RangeProps {
  label: string;
  /** The places that the slider stops at. */
  stops: number[];
  value: number;
  show: (value: number) => string;
  onChange: (value: number) => void;
}

export function Slider({ label, stops, value, show, onChange }: RangeProps) {
  const id = useId();
  const exact = stops.indexOf(value);
  const place = exact >= 0 ? exact : Math.max(0, stops.findIndex((stop) => stop >= value));
  return (
    <div className="range">
      <label htmlFor={id}>{label}</label>
      <output htmlFor={id}>{show(value)}</output>
      <input
        id={id}
        type="range"
        min={0}
        max={stops.length - 1}
        value={place}
        disabled={stops.length < 2}
        aria-valuetext={show(value)}
        onChange={(event) => onChange(stops[Number(event.target.value)]!)}
      />
    </div>
  );
}
