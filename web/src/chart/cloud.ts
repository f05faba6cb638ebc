// Very many points, drawn below ECharts' canvas: one small square a point, and none where one of the
// same series lies already. They are written as pixels, not as strokes, which the browser would have to
// paint one by one: a hundred thousand take a few milliseconds, so that they follow the hand.
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

type Colour = [number, number, number];

const colours = new Map<string, Colour>();

/** Whatever way the style sheet writes it. */
function colourOf(css: string): Colour {
  const known = colours.get(css);
  if (known) return known;
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
  pen.fillStyle = css;
  pen.fillRect(0, 0, 1, 1);
  const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
  const made: Colour = [red!, green!, blue!];
  colours.set(css, made);
  return made;
}

export interface Pixels {
  width: number;
  height: number;
  /** Red, green, blue and opacity of each, row by row. */
  data: Uint8ClampedArray;
}

const ALPHA = 0.4;

/** One coat of paint on a square; what is over the edge is left out. */
function coat({ width, height, data }: Pixels, left: number, top: number, side: number, [red, green, blue]: Colour): void {
  const right = Math.min(width, left + side);
  const bottom = Math.min(height, top + side);
  for (let y = Math.max(0, top); y < bottom; y += 1) {
    for (let at = (y * width + Math.max(0, left)) * 4, end = (y * width + right) * 4; at < end; at += 4) {
      const under = (data[at + 3]! / 255) * (1 - ALPHA);
      const all = under + ALPHA;
      const share = ALPHA / all;
      data[at] = data[at]! + (red - data[at]!) * share;
      data[at + 1] = data[at + 1]! + (green - data[at + 1]!) * share;
      data[at + 2] = data[at + 2]! + (blue - data[at + 2]!) * share;
      data[at + 3] = all * 255;
    }
  }
}

/** The points of one layer that are in sight. `at`: their positions, x and y in turn. */
export function dots(pixels: Pixels, at: Float64Array, range: Range, size: Size, sharp: number, colour: Colour): void {
  const left = size.left ?? MARGIN.left;
  const width = size.width - left - MARGIN.right;
  const height = size.height - MARGIN.top - MARGIN.bottom;
  const across = Math.ceil(width / CELL) + 1;
  const fx = width / (range.x[1] - range.x[0]);
  const fy = height / (range.y[1] - range.y[0]);
  const taken = new Uint8Array(across * (Math.ceil(height / CELL) + 1));
  const side = Math.round(DOT * sharp);
  for (let i = 0; i < at.length; i += 2) {
    const x = (at[i]! - range.x[0]) * fx;
    const y = height - (at[i + 1]! - range.y[0]) * fy;
    // Also false where a position is not a number.
    if (!(x >= 0 && x <= width && y >= 0 && y <= height)) continue;
    const cell = Math.floor(y / CELL) * across + Math.floor(x / CELL);
    if (taken[cell]) continue;
    taken[cell] = 1;
    coat(pixels, Math.round((left + x - DOT / 2) * sharp), Math.round((MARGIN.top + y - DOT / 2) * sharp), side, colour);
  }
}

export function drawCloud(canvas: HTMLCanvasElement, plot: Plot, range: Range, size: Size, theme: Theme): void {
  const layers = plot.layers.filter(isCloud);
  const sharp = Math.min(2, window.devicePixelRatio || 1);
  const width = layers.length === 0 ? 0 : Math.round(size.width * sharp);
  const height = layers.length === 0 ? 0 : Math.round(size.height * sharp);
  // Even the same size given again empties a canvas and takes new memory for it.
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const pen = canvas.getContext("2d");
  if (!pen || width === 0 || height === 0) return;
  const pixels = pen.createImageData(width, height);
  for (const layer of layers) dots(pixels, positionsOf(plot, layer), range, size, sharp, colourOf(paintOf(theme, layer.paint)));
  pen.putImageData(pixels, 0, 0);
}
