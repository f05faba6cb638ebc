// Several of many: a list of ticks behind a button that says what is chosen.
import { useEffect, useRef } from "react";
import { count } from "../format/numbers";
import type { Option } from "../data/types";

interface Props {
  label: string;
  options: Option[];
  chosen: string[];
  onChange: (chosen: string[]) => void;
}

function summary(options: Option[], chosen: string[]): string {
  if (chosen.length === 0) return "any";
  const names = chosen.map((value) => options.find((option) => option.value === value)?.label ?? value);
  return names.length <= 2 ? names.join(", ") : `${names.length} of ${options.length}`;
}

export function Multi({ label, options, chosen, onChange }: Props) {
  const box = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const outside = (event: Event) => {
      const element = box.current;
      if (element?.open && !element.contains(event.target as Node)) element.open = false;
    };
    document.addEventListener("pointerdown", outside);
    document.addEventListener("focusin", outside);
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("focusin", outside);
    };
  }, []);
  const close = () => {
    box.current!.open = false;
    box.current!.querySelector("summary")!.focus();
  };
  const toggle = (value: string) =>
    onChange(chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value]);
  const known = new Set(options.map((option) => option.value));
  const all = [...options, ...chosen.filter((value) => !known.has(value)).map((value) => ({ value, label: value, count: 0, selected: true }))];
  return (
    <div className="field">
      <span aria-hidden="true">{label}</span>
      <details className="multi" ref={box} onKeyDown={(event) => event.key === "Escape" && close()}>
        <summary className="btn" aria-label={`${label}: ${summary(options, chosen)}`}>{summary(options, chosen)}</summary>
        <fieldset className="multi-list">
          <legend className="sr">{label}</legend>
          {all.map((option) => (
            <label key={option.value} className="tick">
              <input type="checkbox" checked={chosen.includes(option.value)} onChange={() => toggle(option.value)} />
              <span>{option.label}</span>
              <span className="quiet">{count(option.count)}</span>
            </label>
          ))}
          {chosen.length > 0 && <button className="btn" onClick={() => { onChange([]); close(); }}>Any</button>}
        </fieldset>
      </details>
    </div>
  );
}
