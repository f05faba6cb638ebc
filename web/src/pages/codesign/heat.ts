// A matrix as a plot: a cell a box, the deeper in colour the larger its figure, which stands in it.
import type { Layer, Paint, Plot } from "../../chart/plot";

export interface HeatCell {
  row: number;
  column: number;
  /** 0 to 1: how deep its colour is. null: crossed out. */
  depth: number | null;
  paint: Paint;
  text: string;
}

interface HeatOptions {
  rows: string[];
  columns: string[];
  rowTitle: string;
  columnTitle: string;
  left?: number;
}

const DEEPEST = 0.62;
const PALEST = 0.05;

/** Rows from the top down; hits are the cells by their place in the list. */
export function heatPlot(cells: HeatCell[], { rows, columns, rowTitle, columnTitle, left }: HeatOptions): Plot {
  const layers: Layer[] = [];
  const hits = { x: [] as number[], y: [] as number[], of: [] as number[] };
  cells.forEach((cell, place) => {
    const x = cell.column;
    const y = rows.length - 1 - cell.row;
    const deep = cell.depth === null ? PALEST : PALEST + (DEEPEST - PALEST) * Math.min(1, Math.max(0, cell.depth));
    layers.push({ kind: "boxes", paint: cell.depth === null ? "soft" : cell.paint, opacity: deep, at: [x - 0.5, x + 0.5, y - 0.5, y + 0.5] });
    layers.push({ kind: "tag", paint: "ink", text: cell.text, at: [x, y], centred: true });
    hits.x.push(x);
    hits.y.push(y);
    hits.of.push(place);
  });
  return {
    x: { name: "column", title: columnTitle, unit: "", kind: "linear", names: columns },
    y: { name: "row", title: rowTitle, unit: "", kind: "linear", names: [...rows].reverse() },
    layers,
    hits,
    left,
  };
}

/** "A", "B": names are too long for columns. */
export function letterOf(place: number): string {
  return String.fromCharCode(65 + (place % 26)) + (place >= 26 ? Math.floor(place / 26) : "");
}
