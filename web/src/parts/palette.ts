import { COLOURS } from "../chart/theme";

/** The class that paints an element in a series' colour. */
export function paletteClass(paint: number): string {
  return `p${paint % COLOURS}`;
}
