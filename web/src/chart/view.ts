// The part of a plot that is in sight: moving, zooming, and what lies under the pointer. Positions
// only; nothing of React or ECharts.
import { MARGIN } from "./option";
import { along, type Hits, type Plot, type Range } from "./plot";

export interface Size {
  width: number;
  height: number;
  /** Pixels left of the plot, where it has more than the usual. */
  left?: number;
}

function leftOf(size: Size): number {
  return size.left ?? MARGIN.left;
}

function inner(size: Size): Size {
  return {
    width: Math.max(1, size.width - leftOf(size) - MARGIN.right),
    height: Math.max(1, size.height - MARGIN.top - MARGIN.bottom),
  };
}

/** A pixel of the canvas -> shares of the plot from its lower left corner. */
export function share(size: Size, px: number, py: number): [number, number] {
  const { width, height } = inner(size);
  return [(px - leftOf(size)) / width, 1 - (py - MARGIN.top) / height];
}

export function pixel(size: Size, range: Range, x: number, y: number): [number, number] {
  const { width, height } = inner(size);
  return [
    leftOf(size) + ((x - range.x[0]) / (range.x[1] - range.x[0])) * width,
    MARGIN.top + (1 - (y - range.y[0]) / (range.y[1] - range.y[0])) * height,
  ];
}

function scaled([low, high]: [number, number], about: number, factor: number): [number, number] {
  const middle = low + (high - low) * about;
  return [middle - (middle - low) * factor, middle + (high - middle) * factor];
}

/** factor < 1 zooms in, about a place given in shares. */
export function zoomed(range: Range, [u, v]: [number, number], factor: number): Range {
  return { x: scaled(range.x, u, factor), y: scaled(range.y, v, factor) };
}

function shifted([low, high]: [number, number], by: number): [number, number] {
  const step = (high - low) * by;
  return [low + step, high + step];
}

/** Moved by shares of what is in sight. */
export function moved(range: Range, du: number, dv: number): Range {
  return { x: shifted(range.x, du), y: shifted(range.y, dv) };
}

/** The place in `hits` of the mark nearest to a pixel, within `reach` pixels; -1: none. */
export function nearest(plot: Plot, range: Range, size: Size, px: number, py: number, reach = 14): number {
  const { width, height } = inner(size);
  const fx = width / (range.x[1] - range.x[0]);
  const fy = height / (range.y[1] - range.y[0]);
  let best = -1;
  let least = reach * reach;
  const hits: Hits = plot.hits;
  for (let i = 0; i < hits.x.length; i += 1) {
    const dx = leftOf(size) + (along(plot.x, hits.x[i]!) - range.x[0]) * fx - px;
    if (dx > reach || dx < -reach) continue;
    const dy = MARGIN.top + height - (along(plot.y, hits.y[i]!) - range.y[0]) * fy - py;
    const far = dx * dx + dy * dy;
    // A later mark lies on top.
    if (far <= least) {
      least = far;
      best = i;
    }
  }
  return best;
}
