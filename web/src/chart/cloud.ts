// Very many points, drawn below ECharts' canvas: one small square a point, and none where one of the
// same series lies already. A hundred thousand take a few milliseconds, so that they follow the hand.
import { MARGIN } from "./option";
import { along, type Layer, type Plot, type Range } from "./plot";
import { paintOf, type Theme } from "./theme";
import type { Size } from "./view";

/** From so many points on a layer is drawn here. */
export const CLOUD = 3000;
const DOT = 3;
// Two squares nearer than this look like one.
const CELL = 2;

type Points = Layer & { kind: "points" };

export function isCloud(layer: Layer): layer is Points {
  return layer.kind === "points" && layer.at.length / 2 > CLOUD;
}

// Positions do not change while the plot is moved.
const placed = new WeakMap<Points, Float64Array>();

function positionsOf(plot: Plot, layer: Points): Float64Array {
  const known = placed.get(layer);
  if (known) return known;
  const made = new Float64Array(layer.at.length);
  for (let i = 0; i < made.length; i += 2) {
    made[i] = along(plot.x, layer.at[i]!);
    made[i + 1] = along(plot.y, layer.at[i + 1]!);
  }
  placed.set(layer, made);
  return made;
}

export function drawCloud(canvas: HTMLCanvasElement, plot: Plot, range: Range, size: Size, theme: Theme): void {
  const layers = plot.layers.filter(isCloud);
  const sharp = Math.min(2, window.devicePixelRatio || 1);
  canvas.width = layers.length === 0 ? 0 : Math.round(size.width * sharp);
  canvas.height = layers.length === 0 ? 0 : Math.round(size.height * sharp);
  const pen = canvas.getContext("2d");
  if (!pen || layers.length === 0) return;
  pen.scale(sharp, sharp);
  const left = size.left ?? MARGIN.left;
  const width = size.width - left - MARGIN.right;
  const height = size.height - MARGIN.top - MARGIN.bottom;
  const across = Math.ceil(width / CELL) + 1;
  const fx = width / (range.x[1] - range.x[0]);
  const fy = height / (range.y[1] - range.y[0]);
  pen.globalAlpha = 0.4;
  for (const layer of layers) {
    const taken = new Uint8Array(across * (Math.ceil(height / CELL) + 1));
    const at = positionsOf(plot, layer);
    pen.fillStyle = paintOf(theme, layer.paint);
    for (let i = 0; i < at.length; i += 2) {
      const x = (at[i]! - range.x[0]) * fx;
      const y = height - (at[i + 1]! - range.y[0]) * fy;
      // Also false where a position is not a number.
      if (!(x >= 0 && x <= width && y >= 0 && y <= height)) continue;
      const cell = Math.floor(y / CELL) * across + Math.floor(x / CELL);
      if (taken[cell]) continue;
      taken[cell] = 1;
      pen.fillRect(left + x - DOT / 2, MARGIN.top + y - DOT / 2, DOT, DOT);
    }
  }
}
