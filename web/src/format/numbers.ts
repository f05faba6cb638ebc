// Figures as people read them: three significant digits, the unit beside it, a dash where there is
// none. The same rules as the program's own report.

export const MISSING = "\u2013";

export type Maybe = number | null | undefined;

function isNumber(value: Maybe): value is number {
  return value !== null && value !== undefined && Number.isFinite(value);
}

/** What stands where there is no finite figure. */
function none(value: Maybe): string {
  return value === Infinity ? "inf" : MISSING;
}

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** Three significant digits; from 100 on a whole number with separators. */
export function number(value: Maybe): string {
  if (!isNumber(value)) return none(value);
  const size = Math.abs(value);
  if (size >= 99.95) return whole.format(value);
  if (size === 0) return "0";
  if (size < 1e-6) return value.toExponential(2);
  const exponent = Math.floor(Math.log10(size * 1.0005));
  return value.toFixed(Math.max(0, 2 - exponent));
}

/** A number that somebody typed: as it was typed. */
export function asked(value: Maybe): string {
  return isNumber(value) ? Number(value.toPrecision(6)).toLocaleString("en-US", { maximumFractionDigits: 6 }) : none(value);
}

export function count(value: Maybe): string {
  return isNumber(value) ? whole.format(value) : MISSING;
}

export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : plural}`;
}

export function duration(seconds: Maybe): string {
  if (!isNumber(seconds)) return none(seconds);
  const size = Math.abs(seconds);
  if (size === 0) return "0 s";
  if (size < 1e-3) return `${number(seconds * 1e6)} \u00b5s`;
  if (size < 0.9995) return `${number(seconds * 1e3)} ms`;
  if (size < 600) return `${number(seconds)} s`;
  if (size < 2 * 3600) return `${number(seconds / 60)} min`;
  if (size < 3 * 86400) return `${number(seconds / 3600)} h`;
  return `${number(seconds / 86400)} days`;
}

export function usd(value: Maybe): string {
  if (!isNumber(value)) return MISSING;
  const sign = value < 0 ? "-" : "";
  const size = Math.abs(value);
  if (size >= 99.95) return `${sign}$${whole.format(size)}`;
  if (size >= 0.9995) return `${sign}$${size.toFixed(2)}`;
  return `${sign}$${number(size)}`;
}

export function percent(fraction: Maybe): string {
  if (!isNumber(fraction)) return MISSING;
  const digits = Math.abs(fraction) < 0.0995 && fraction !== 0 ? 1 : 0;
  return `${(fraction * 100).toFixed(digits)} %`;
}

export function signedPercent(fraction: Maybe): string {
  if (!isNumber(fraction)) return MISSING;
  const text = percent(Math.abs(fraction));
  return fraction > 0 ? `+${text}` : fraction < 0 ? `\u2212${text}` : text;
}

/** A factor: "1.32 ×". */
export function times(value: Maybe): string {
  return isNumber(value) ? `${number(value)} \u00d7` : none(value);
}

/** "+0.62", "−1.00" */
export function signed(value: Maybe): string {
  if (!isNumber(value)) return none(value);
  const text = number(Math.abs(value));
  return value > 0 ? `+${text}` : value < 0 ? `\u2212${text}` : text;
}

export function bytes(value: Maybe): string {
  if (!isNumber(value)) return MISSING;
  const names = ["B", "kB", "MB", "GB", "TB"];
  let step = 0;
  let size = value;
  while (Math.abs(size) >= 999.5 && step < names.length - 1) {
    size /= 1000;
    step += 1;
  }
  return `${number(size)} ${names[step]}`;
}

/** 2026-03-01 or 2026-03-01T10:00:00Z, always in UTC; an epoch in seconds, too. */
export function day(value: string | number | null | undefined): string {
  if (value === null || value === undefined || value === "") return MISSING;
  if (typeof value === "number") return new Date(value * 1000).toISOString().slice(0, 10);
  return value.slice(0, 10);
}

export function moment(value: string | number | null | undefined): string {
  if (value === null || value === undefined || value === "") return MISSING;
  const iso = typeof value === "number" ? new Date(value * 1000).toISOString() : value;
  return iso.length >= 16 ? `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC` : iso;
}

const PLAIN_UNITS = new Set(["", "requests", "tokens", "chips", "count"]);

/** A figure with its unit, for a metric's unit as the server names it ("s", "tokens/s/user"). */
export function quantity(value: Maybe, unit: string): string {
  if (unit === "s") return duration(value);
  if (unit === "fraction" || unit === "1" || unit === "ratio") return percent(value);
  if (unit === "B" || unit === "bytes") return bytes(value);
  if (!isNumber(value)) return MISSING;
  const money = /^USD(?:\/(.*))?$/i.exec(unit);
  if (money) return money[1] ? `${usd(value)}/${money[1]}` : usd(value);
  return PLAIN_UNITS.has(unit) ? number(value) : `${number(value)} ${unit}`;
}

/** A target as it was asked for, with its unit. */
export function targetOf(value: Maybe, unit: string): string {
  return unit === "s" || unit === "fraction" || /^USD/i.test(unit) ? quantity(value, unit) : `${asked(value)} ${unit}`;
}

/** The figure alone, for a column or an axis whose head already names the unit. */
export function figure(value: Maybe, unit: string): string {
  if (unit === "s") return duration(value);
  if (unit === "fraction") return percent(value);
  if (unit === "B" || unit === "bytes") return bytes(value);
  if (/^USD/i.test(unit)) return usd(value);
  return number(value);
}

/** The unit that still has to stand beside figure(): times and money carry theirs. */
export function unitText(unit: string): string {
  if (unit === "s" || unit === "fraction" || unit === "B" || unit === "USD") return "";
  return unit.replace(/^USD\/Mtok$/, "a million tokens").replace(/^USD\//, "a ");
}

/** Short form for axis labels: 12k, 1.5M; times and money as such. */
export function tick(value: number, unit: string): string {
  if (unit === "s") return value === 0 ? "0" : duration(value).replace(".00", "").replace(/\.0 /, " ");
  if (unit === "fraction") return `${Math.round(value * 1000) / 10} %`;
  const sign = /^USD/i.test(unit) ? "$" : "";
  const size = Math.abs(value);
  const trim = (x: number) => String(Number(x.toPrecision(4)));
  if (size >= 1e9) return `${sign}${trim(value / 1e9)}G`;
  if (size >= 1e6) return `${sign}${trim(value / 1e6)}M`;
  if (size >= 1e4) return `${sign}${trim(value / 1e3)}k`;
  if (size >= 1000) return sign + whole.format(value);
  return sign + trim(value);
}

/** "12.3 to 14.1 tokens/s", or nothing where there is no interval. */
export function interval(low: Maybe, high: Maybe, unit: string): string {
  if (!isNumber(low) || !isNumber(high)) return "";
  return `${figure(low, unit)} to ${quantity(high, unit)}`;
}
