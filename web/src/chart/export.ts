// A chart as a file: what stands around it on the page (title, axes, series, source) is drawn in.
import type { EChartsCoreOption } from "echarts/core";
import { csvOf, type Table } from "./csv";
import { leftOf, optionOf, type Frame } from "./option";
import { type Plot, type Scale } from "./plot";
import { paintOf, type Theme } from "./theme";
import type { Paint } from "./plot";

export interface LegendEntry {
  paint: Paint;
  letter: string;
  label: string;
}

export interface Picture {
  plot: Plot;
  frame: Frame;
  theme: Theme;
  title: string;
  legend: LegendEntry[];
  source: string;
}

const WIDTH = 1120;
const PLOT_HEIGHT = 560;
const LINE = 19;

export function axisTitle(scale: Scale): string {
  // The numbers of these axes carry their unit themselves.
  const told = scale.unit === "" || scale.unit === "s" || scale.unit === "fraction" || scale.kind === "time" || scale.names;
  return told ? scale.title : `${scale.title}, ${scale.unit}`;
}

interface Text {
  left: number;
  top: number;
  text: string;
  fill: string;
  font: string;
  align?: string;
}

function text({ left, top, text: words, fill, font, align = "left" }: Text) {
  return { type: "text", left: align === "left" ? left : undefined, right: align === "right" ? left : undefined,
    top, silent: true, style: { text: words, fill, font } };
}

function optionFor(picture: Picture): { option: EChartsCoreOption; height: number } {
  const { plot, theme, legend } = picture;
  const rows = Math.ceil(legend.length / 2);
  const above = 62 + rows * LINE;
  const height = above + PLOT_HEIGHT + 34;
  const frame = { ...picture.frame, rings: [], width: WIDTH, height: PLOT_HEIGHT };
  const soft = { fill: theme.soft, font: "13px sans-serif" };
  const graphic = [
    text({ left: 16, top: 14, text: picture.title, fill: theme.ink, font: "600 17px sans-serif" }),
    ...legend.flatMap((entry, i) => {
      const left = 16 + (i % 2) * (WIDTH / 2);
      const top = 42 + Math.floor(i / 2) * LINE;
      const fill = paintOf(theme, entry.paint);
      return [
        text({ left, top, text: entry.letter || "\u25cf", fill, font: "700 13px sans-serif" }),
        text({ left: left + 26, top, text: entry.label, ...soft, fill: theme.ink }),
      ];
    }),
    text({ left: 16, top: above - 20, text: `\u2191 ${axisTitle(plot.y)}`, ...soft, fill: theme.ink }),
    text({ left: 16, top: height - 48, text: `${axisTitle(plot.x)} \u2192`, ...soft, fill: theme.ink, align: "right" }),
    text({ left: 16, top: height - 24, text: picture.source, ...soft, font: "11px sans-serif" }),
  ];
  const option = optionOf(plot, frame, theme);
  return {
    height,
    option: {
      ...option,
      backgroundColor: theme.paper,
      grid: { left: 8 + leftOf(plot), right: 24, top: above, bottom: 76, containLabel: false },
      graphic,
    },
  };
}

export async function svgOf(picture: Picture): Promise<Blob> {
  const { init } = await import("./engine");
  const { option, height } = optionFor(picture);
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  chart.setOption(option);
  const drawing = chart.renderToSVGString();
  chart.dispose();
  return new Blob([drawing], { type: "image/svg+xml" });
}

export async function pngOf(picture: Picture): Promise<Blob> {
  const { init } = await import("./engine");
  const { option, height } = optionFor(picture);
  const canvas = document.createElement("canvas");
  const chart = init(canvas as unknown as HTMLElement, null, { renderer: "canvas", width: WIDTH, height, devicePixelRatio: 2 });
  chart.setOption(option);
  // Large series are drawn in pieces: all of them first.
  await new Promise<void>((done) => {
    chart.on("finished", () => done());
    setTimeout(done, 3000);
  });
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  chart.dispose();
  if (!blob) throw new Error("the browser made no picture");
  return blob;
}

export function csvBlob(table: Table): Blob {
  return new Blob([csvOf(table)], { type: "text/csv;charset=utf-8" });
}

export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** "DeepSeek R1, 8k/1k" -> "deepseek-r1-8k-1k": fit for a file's name. */
export function fileName(title: string): string {
  return title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 80) || "roofscape";
}

