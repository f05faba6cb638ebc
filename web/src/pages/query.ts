// Which parts of an address belong to which question: only these reach the server.
import { counted } from "../format/numbers";
import type { Query } from "../data/source";
import type { Key, Option, Facets } from "../data/types";

export const ROWS = ["model", "shape", "chip", "engine", "precision", "speculative", "protocol", "way", "origin", "since", "until", "as_of", "latest"];
export const PRICES = ["tier", "date"];

/** Of the address's values those that the operation knows, with what the page adds. */
export function ask(query: URLSearchParams, names: string[], more: Query = {}): Query {
  const asked: Query = {};
  for (const name of names) {
    const values = query.getAll(name).filter((value) => value !== "");
    if (values.length > 0) asked[name] = values.length === 1 ? values[0]! : values;
  }
  return { ...asked, ...more };
}

export function keyOf(path: string, query: Query): string {
  return `${path}?${JSON.stringify(query)}`;
}

export function labelOf(options: Option[] | undefined, value: string): string {
  return options?.find((option) => option.value === value)?.label ?? value;
}

/** "8192/1024" -> "8k in, 1k out". */
export function shapeName(shape: string): string {
  const parts = /^(\d+)\/(\d+)$/.exec(shape);
  if (!parts) return shape;
  const short = (text: string) => {
    const value = Number(text);
    return value >= 1024 && value % 1024 === 0 ? `${value / 1024}k` : text;
  };
  return `${short(parts[1]!)} in, ${short(parts[2]!)} out`;
}

const NONE = new Set(["", "none", "?"]);

/** Chips go by their own names in a row of others: "GB300 NVL72", not "NVIDIA GB300 NVL72". */
export function shortChip(label: string): string {
  return label.replace(/^(NVIDIA|AMD Instinct|AMD|Intel|Google|AWS) (?=\S)/, "");
}

/** What a series runs, in the words of the field: "B200 · SGLang · FP4 · MTP". */
export function keyName(key: Key, options: Facets, without: (keyof Key)[] = []): string {
  const parts = (["chip", "engine", "precision", "speculative"] as const)
    .filter((name) => !without.includes(name))
    .map((name) => (NONE.has(key[name]) ? "" : name === "precision" || name === "speculative" ? key[name].toUpperCase() : name === "chip" ? shortChip(labelOf(options.chip, key.chip)) : labelOf(options[name], key[name])));
  return parts.filter(Boolean).join(" \u00b7 ");
}

const APART: (keyof Key)[] = ["protocol", "window", "workload"];

/** What the name does not say: how it is known unless measured, and what tells it from others of the same name. */
export function keyAside(key: Key, options: Facets, others: Key[]): string {
  const name = keyName(key, options);
  const twins = others.filter((other) => other.way === key.way && keyName(other, options) === name);
  const words = APART.filter((field) => twins.some((twin) => twin[field] !== key[field])).map((field) => (field === "window" ? `${key.window} window` : key[field]));
  return [key.way === "measured" ? "" : key.way, ...words].filter(Boolean).join(", ");
}

/** "serve 1x8 tp8 ep8" reads "TP8 EP8"; copies and roles are named. */
export function layoutName(layout: string): string {
  return layout.replace(/\b(tp|ep|dp|pp)(\d+)/g, (_, name: string, n: string) => `${name.toUpperCase()}${n}`);
}

const ROLES: Record<string, string> = { serve: "", prefill: "prompts on ", decode: "answers on " };

function roleWords(role: string): string {
  const parts = /^(\S+) (\d+)x(\d+)(.*)$/.exec(role);
  if (!parts) return role;
  const [, name, copies, chips, rest] = parts;
  const degree = (word: string) => Number(new RegExp(`\\b${word}(\\d+)`).exec(rest!)?.[1] ?? 1);
  const split = [
    degree("tp") > 1 && `each layer cut over ${degree("tp")} (TP)`,
    degree("pp") > 1 && `${degree("pp")} stages in a row (PP)`,
    degree("ep") > 1 && `experts spread over ${degree("ep")} (EP)`,
    degree("dp") > 1 ? `${degree("dp")} copies of attention (DP)` : / dp-attention/.test(rest!) && "attention in copies (DP)",
  ].filter(Boolean);
  const where = `${ROLES[name!] ?? `${name} on `}${Number(copies) > 1 ? `${copies} \u00d7 ` : ""}${counted(Number(chips), "chip")}`;
  return [where, ...split].join(", ");
}

/** What the short name of a layout means: "8 chips, each layer cut over 8 (TP)". */
export function layoutWords(layout: string): string {
  return layout === "" ? "" : layout.split(" + ").map(roleWords).join("; ");
}

export function load(concurrency: number | null, rate: number | null): string {
  if (concurrency !== null) return counted(concurrency, "user");
  return rate === null ? "load not told" : `${rate} requests/s`;
}
