// Where an axis has its numbers: round ones, and few.
import { tick } from "../format/numbers";
import { back, type Scale } from "./plot";

export interface Tick {
  /** In positions of the axis. */
  at: number;
  text: string;
}

const DAY = 86_400_000;

function linear(low: number, high: number, most: number): number[] {
  const raw = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((f) => f * power).find((s) => s >= raw * 0.999) ?? raw;
  const found: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i += 1)
    found.push(Number((i * step).toPrecision(12)));
  return found;
}

function logarithmic(low: number, high: number, most: number): number[] {
  for (const steps of [[1, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]]) {
    const found: number[] = [];
    for (let power = Math.floor(low) - 1; power <= Math.ceil(high); power += 1)
      for (const step of steps) {
        const at = Math.log10(step) + power;
        if (at >= low - 1e-9 && at <= high + 1e-9) found.push(at);
      }
    if (found.length >= 2 && found.length <= most) return found;
  }
  const span = Math.floor(high) - Math.ceil(low) + 1;
  if (span >= 2) {
    const every = Math.ceil(span / most);
    return Array.from({ length: Math.ceil(span / every) }, (_, i) => Math.ceil(low) + i * every);
  }
  // Deep in a decade: the ticks of a straight axis.
  return linear(10 ** low, 10 ** high, most).filter((v) => v > 0).map(Math.log10);
}

function dates(low: number, high: number, most: number): Tick[] {
  const days = (high - low) / DAY;
  const months = days / 30.4;
  const found: Tick[] = [];
  const begin = new Date(low);
  if (months >= 2) {
    const every = [1, 2, 3, 6, 12, 24, 60].find((n) => months / n <= most) ?? 120;
    for (let n = 0; n < 1200; n += 1) {
      const at = Date.UTC(begin.getUTCFullYear(), n * every);
      if (at > high) break;
      if (at >= low) found.push({ at, text: new Date(at).toISOString().slice(0, every >= 12 ? 4 : 7) });
    }
    return found;
  }
  const every = [1, 2, 5, 7, 14].find((n) => days / n <= most) ?? 14;
  for (let at = Math.ceil(low / DAY) * DAY; at <= high; at += every * DAY)
    found.push({ at, text: new Date(at).toISOString().slice(5, 10) });
  return found;
}

export function ticksOf(scale: Scale, low: number, high: number, most: number): Tick[] {
  if (!(high > low)) return [];
  if (scale.names) return scale.names.map((text, at) => ({ at, text })).filter((t) => t.at >= low && t.at <= high);
  if (scale.kind === "time") return dates(low, high, most);
  const places = scale.kind === "log" ? logarithmic(low, high, most) : linear(low, high, most);
  return places.map((at) => ({ at, text: tick(Number(back(scale, at).toPrecision(10)), scale.unit) }));
}

