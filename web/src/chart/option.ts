// A plot as ECharts draws it. ECharts only paints: axes here are plain numbers, positions already
// taken, so that logarithmic and dated axes have the ticks that we want, and the same on SVG.
import type { EChartsCoreOption } from "echarts/core";
import type {
  CustomSeriesRenderItemAPI,
  CustomSeriesRenderItemParams,
  CustomSeriesRenderItemReturn,
} from "echarts";
import { along, strideOf, type Layer, type Plot, type Range, type Scale } from "./plot";
import { paintOf, type Theme } from "./theme";
import { ticksOf } from "./ticks";

export const MARGIN = { left: 62, right: 28, top: 10, bottom: 30 };
export function leftOf(plot: Plot): number {
  return plot.left ?? MARGIN.left;
}
// Above this ECharts' path for large data draws a series: one path, no object a point.
const LARGE = 3000;
const SYMBOLS = { circle: "circle", diamond: "diamond", triangle: "triangle", square: "rect",
  cross: "path://M0,2L2,0L5,3L8,0L10,2L7,5L10,8L8,10L5,7L2,10L0,8L3,5Z" } as const;

export interface Frame {
  range: Range;
  width: number;
  height: number;
  /** Marks picked out: the selected point and the one under the pointer. */
  rings: { x: number; y: number }[];
}

function axis(scale: Scale, range: [number, number], pixels: number, theme: Theme, across: boolean) {
  const ticks = ticksOf(scale, range[0], range[1], Math.max(2, Math.floor(pixels / (across ? 78 : 46))));
  const texts = new Map(ticks.map((tick) => [tick.at, tick.text]));
  const customValues = ticks.map((tick) => tick.at);
  return {
    type: "value",
    min: range[0],
    max: range[1],
    axisLine: { show: across, onZero: false, lineStyle: { color: theme.soft, opacity: 0.7 } },
    axisTick: { show: false, customValues },
    axisLabel: {
      customValues,
      formatter: (at: number) => texts.get(at) ?? "",
      color: theme.soft,
      fontSize: 12,
      hideOverlap: true,
      showMinLabel: true,
      showMaxLabel: true,
    },
    splitLine: { show: true, customValues, lineStyle: { color: theme.faint } },
    splitNumber: 5,
  };
}

function positions(plot: Plot, layer: Layer): number[][] {
  const n = strideOf(layer);
  const rows: number[][] = [];
  const scales: Scale[] =
    layer.kind === "band"
      ? [plot.x, plot.y, plot.y]
      : layer.kind === "whiskers" || layer.kind === "boxes"
        ? [plot.x, plot.x, plot.y, plot.y]
        : [plot.x, plot.y];
  for (let i = 0; i + n <= layer.at.length; i += n) {
    const row = scales.map((scale, k) => along(scale, layer.at[i + k]!));
    if (row.every(Number.isFinite) || layer.kind === "line") rows.push(row);
  }
  return rows;
}

type Item = { series: Record<string, unknown> };

function points(plot: Plot, layer: Layer & { kind: "points" }, theme: Theme): Item {
  const color = paintOf(theme, layer.paint);
  const data = positions(plot, layer);
  const look =
    layer.fill === "solid"
      ? { color, borderColor: theme.paper, borderWidth: 1, opacity: 1 }
      : layer.fill === "hollow"
        ? { color: theme.paper, borderColor: color, borderWidth: 1.8, opacity: 1 }
        : { color, borderWidth: 0, opacity: 0.35 };
  return {
    series: {
      type: "scatter",
      symbol: SYMBOLS[layer.symbol],
      symbolSize: data.length > LARGE ? 3 : layer.size,
      large: data.length > LARGE,
      largeThreshold: LARGE,
      progressive: 20_000,
      data,
      itemStyle: data.length > LARGE ? { color, opacity: 0.35 } : look,
    },
  };
}

function line(plot: Plot, layer: Layer & { kind: "line" }, theme: Theme): Item {
  return {
    series: {
      type: "line",
      symbol: "none",
      data: positions(plot, layer),
      lineStyle: {
        color: paintOf(theme, layer.paint),
        width: layer.width ?? 2,
        type: layer.dash ?? "solid",
        opacity: layer.opacity ?? 0.8,
      },
    },
  };
}

type Draw = (
  row: number[],
  at: (x: number, y: number) => number[],
) => Record<string, unknown> | null;

function custom(data: number[][], draw: Draw): Item {
  return {
    series: {
      type: "custom",
      clip: true,
      data,
      renderItem: (
        params: CustomSeriesRenderItemParams,
        api: CustomSeriesRenderItemAPI,
      ): CustomSeriesRenderItemReturn =>
        draw(data[params.dataIndex]!, (x, y) => api.coord([x, y])) as never,
    },
  };
}

function band(plot: Plot, layer: Layer & { kind: "band" }, theme: Theme): Item {
  const rows = positions(plot, layer);
  return custom(rows.length > 1 ? [[rows[0]![0]!, rows[0]![1]!]] : [], (_, at) => ({
    type: "polygon",
    shape: {
      points: [
        ...rows.map((row) => at(row[0]!, row[1]!)),
        ...rows.map((row) => at(row[0]!, row[2]!)).reverse(),
      ],
    },
    style: { fill: paintOf(theme, layer.paint), opacity: layer.opacity ?? 0.14 },
    silent: true,
  }));
}

function whiskers(plot: Plot, layer: Layer & { kind: "whiskers" }, theme: Theme): Item {
  const style = { stroke: paintOf(theme, layer.paint), lineWidth: 1.2, opacity: 0.7 };
  return custom(positions(plot, layer), (row, at) => {
    const [x0, y0] = at(row[0]!, row[2]!) as [number, number];
    const [x1, y1] = at(row[1]!, row[3]!) as [number, number];
    const bar = (shape: object) => ({ type: "line", shape, style, silent: true });
    if (Math.abs(y1 - y0) < Math.abs(x1 - x0)) return bar({ x1: x0, y1: y0, x2: x1, y2: y0 });
    return {
      type: "group",
      children: [
        bar({ x1: x0, y1: y0, x2: x0, y2: y1 }),
        bar({ x1: x0 - 3, y1: y0, x2: x0 + 3, y2: y0 }),
        bar({ x1: x0 - 3, y1, x2: x0 + 3, y2: y1 }),
      ],
    };
  });
}

function boxes(plot: Plot, layer: Layer & { kind: "boxes" }, theme: Theme): Item {
  const style = { fill: paintOf(theme, layer.paint), opacity: layer.opacity ?? 0.75 };
  return custom(positions(plot, layer), (row, at) => {
    const [x0, y0] = at(row[0]!, row[2]!) as [number, number];
    const [x1, y1] = at(row[1]!, row[3]!) as [number, number];
    const width = Math.max(1, Math.abs(x1 - x0) - (Math.abs(x1 - x0) > 4 ? 1 : 0));
    const shape = { x: Math.min(x0, x1), y: Math.min(y0, y1), width, height: Math.max(1, Math.abs(y1 - y0)) };
    return { type: "rect", shape, style, silent: true };
  });
}

function tag(plot: Plot, layer: Layer & { kind: "tag" }, theme: Theme): Item {
  return {
    series: {
      type: "scatter",
      symbolSize: 1,
      data: positions(plot, layer),
      itemStyle: { color: "transparent" },
      labelLayout: layer.centred ? undefined : { hideOverlap: false, moveOverlap: "shiftY" },
      label: {
        show: true,
        position: layer.centred ? "inside" : "right",
        distance: 5,
        formatter: () => layer.text,
        color: paintOf(theme, layer.paint),
        fontSize: 12,
        fontWeight: 700,
        textBorderColor: theme.paper,
        textBorderWidth: 3,
      },
    },
  };
}

function drawn(plot: Plot, layer: Layer, theme: Theme): Item {
  switch (layer.kind) {
    case "points": return points(plot, layer, theme);
    case "line": return line(plot, layer, theme);
    case "band": return band(plot, layer, theme);
    case "whiskers": return whiskers(plot, layer, theme);
    case "boxes": return boxes(plot, layer, theme);
    case "tag": return tag(plot, layer, theme);
  }
}

function rings(plot: Plot, frame: Frame, theme: Theme) {
  return {
    id: "rings",
    type: "scatter",
    symbolSize: 17,
    z: 9,
    data: frame.rings.map((ring) => [along(plot.x, ring.x), along(plot.y, ring.y)]),
    itemStyle: { color: "transparent", borderColor: theme.ink, borderWidth: 2 },
    markLine: {
      symbol: "none",
      silent: true,
      animation: false,
      lineStyle: { color: theme.ink, type: [4, 3], width: 1, opacity: 0.75 },
      label: { show: true, position: "end", distance: [0, -12], color: theme.ink, fontSize: 12,
        textBorderColor: theme.paper, textBorderWidth: 3 },
      data: (plot.lines ?? []).map((at) => ({
        xAxis: along(plot.x, at.x),
        // Of several the last has its name on its right, the others on their left: they may lie close.
        label: { formatter: at.text, position: "insideEndTop", rotate: 0, align: plot.lines!.some((other) => other.x > at.x) ? "right" : "left" },
      })),
    },
  };
}

/** The whole option: axes and every layer. */
export function optionOf(plot: Plot, frame: Frame, theme: Theme): EChartsCoreOption {
  return {
    animation: false,
    grid: { ...MARGIN, left: leftOf(plot), containLabel: false },
    textStyle: { fontFamily: FONT, color: theme.soft },
    ...axesOf(plot, frame, theme),
    series: [
      ...plot.layers.map((layer, place) => ({
        id: `layer-${place}`,
        silent: true,
        clip: true,
        z: layer.kind === "tag" ? 8 : layer.kind === "points" && layer.fill !== "faint" ? 5 : 3,
        ...drawn(plot, layer, theme).series,
      })),
      { silent: true, ...rings(plot, frame, theme) },
    ],
  };
}

export function axesOf(plot: Plot, frame: Frame, theme: Theme) {
  const width = frame.width - leftOf(plot) - MARGIN.right;
  const height = frame.height - MARGIN.top - MARGIN.bottom;
  return {
    xAxis: axis(plot.x, frame.range.x, width, theme, true),
    yAxis: axis(plot.y, frame.range.y, height, theme, false),
  };
}

export function ringsOf(plot: Plot, frame: Frame, theme: Theme): EChartsCoreOption {
  return { series: [rings(plot, frame, theme)] };
}

const FONT = `Inter, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif`;
