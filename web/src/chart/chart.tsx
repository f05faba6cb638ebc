// A chart on the page: drawn on a canvas, moved and zoomed, pointed at, saved as PNG, SVG and CSV.
// Everything it shows also stands in the table beside it, which is what a screen reader reads.
import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";
import type { ECharts } from "echarts/core";
import { csvBlob, fileName, pngOf, save, svgOf, axisTitle, type LegendEntry } from "./export";
import type { Table } from "./csv";
import { drawCloud, isCloud } from "./cloud";
import { axesOf, optionOf, ringsOf } from "./option";
import { extent, type Plot, type Range, type Scale } from "./plot";
import { useTheme, type Theme } from "./theme";
import { moved, nearest, pixel, share, zoomed, type Size } from "./view";
import { along } from "./plot";

export interface Tip {
  title: string;
  rows: [string, string][];
}

interface Props {
  plot: Plot;
  /** What the chart shows, for a screen reader and the head of saved pictures. */
  title: string;
  legend?: LegendEntry[];
  source: string;
  height?: number;
  table: () => Table;
  tip?: (place: number) => Tip;
  selected?: number | null;
  hot?: number | null;
  onPick?: (place: number) => void;
  /** Further switches of how it is drawn. */
  children?: ReactNode;
}

function better(scale: Scale): string {
  if (scale.direction === "higher") return "more is better";
  if (scale.direction === "lower") return "less is better";
  return "";
}

export function AxisName({ scale, arrow, side }: { scale: Scale; arrow: string; side: "x" | "y" }) {
  const hint = better(scale);
  if (!scale.title) return null;
  return (
    <div className={`axis-name ${side}`}>
      {side === "y" && !scale.names && `${arrow} `}
      {axisTitle(scale)}
      {hint && <em> ({hint})</em>}
      {side === "x" && !scale.names && ` ${arrow}`}
    </div>
  );
}

function useSize(height: number, left: number | undefined): [React.RefObject<HTMLDivElement>, Size] {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const seen = new ResizeObserver(([entry]) => {
      setWidth(Math.round(entry!.contentRect.width));
    });
    seen.observe(ref.current!);
    return () => seen.disconnect();
  }, []);
  return [ref, useMemo(() => ({ width, height, left }), [width, height, left])];
}

/** The ECharts instance of a box, and its three kinds of update: everything, the axes, the rings. */
function useDrawing(box: React.RefObject<HTMLDivElement>, cloud: React.RefObject<HTMLCanvasElement>, size: Size, plot: Plot, range: Range, rings: { x: number; y: number }[], theme: Theme) {
  const chart = useRef<ECharts | null>(null);
  const [ready, setReady] = useState(false);
  useEffect(() => {
    let gone = false;
    void import("./engine").then(({ init }) => {
      if (gone || !box.current) return;
      chart.current = init(box.current, null, { renderer: "canvas" });
      setReady(true);
    });
    return () => {
      gone = true;
      chart.current?.dispose();
      chart.current = null;
    };
  }, [box]);
  const frame = { range, ...size, rings };
  const current = useRef(frame);
  current.current = frame;
  useEffect(() => {
    if (!ready || size.width === 0) return;
    chart.current!.resize({ width: size.width, height: size.height, silent: true });
    chart.current!.setOption(optionOf({ ...plot, layers: plot.layers.filter((layer) => !isCloud(layer)) }, current.current, theme), { notMerge: true });
  }, [ready, plot, size, theme]);
  useEffect(() => {
    if (cloud.current && size.width > 0) drawCloud(cloud.current, plot, range, size, theme);
  }, [cloud, plot, range, size, theme]);
  useEffect(() => {
    if (ready && size.width > 0) chart.current!.setOption(axesOf(plot, current.current, theme));
    // Plot, size and theme are drawn anew above.
  }, [range]);
  const ringKey = rings.map((ring) => `${ring.x},${ring.y}`).join(" ");
  useEffect(() => {
    if (ready && size.width > 0) chart.current!.setOption(ringsOf(plot, current.current, theme));
  }, [ringKey]);
  return ready;
}

/** Where the reader looks: all of it, until moved. */
function useRange(plot: Plot): [Range, (next: Range | null) => void, boolean] {
  const whole = useMemo(() => extent(plot), [plot]);
  // A new plot over other axes is looked at as a whole; the same axes keep the place.
  const axes = `${plot.x.name} ${plot.x.kind} ${plot.y.name} ${plot.y.kind}`;
  const [chosen, setChosen] = useState<{ axes: string; range: Range } | null>(null);
  const mine = chosen && chosen.axes === axes ? chosen.range : null;
  const set = useCallback((next: Range | null) => setChosen(next && { axes, range: next }), [axes]);
  return [mine ?? whole, set, mine !== null];
}

const KEYS: Record<string, (range: Range) => Range> = {
  ArrowLeft: (range) => moved(range, -0.1, 0),
  ArrowRight: (range) => moved(range, 0.1, 0),
  ArrowUp: (range) => moved(range, 0, 0.1),
  ArrowDown: (range) => moved(range, 0, -0.1),
  "+": (range) => zoomed(range, [0.5, 0.5], 0.8),
  "=": (range) => zoomed(range, [0.5, 0.5], 0.8),
  "-": (range) => zoomed(range, [0.5, 0.5], 1.25),
};

export function Chart(props: Props) {
  const { plot, title, height = 420, onPick, tip } = props;
  const theme = useTheme();
  const [box, size] = useSize(height, plot.left);
  const [range, setRange, zoomedIn] = useRange(plot);
  const [over, setOver] = useState(-1);
  const hot = over >= 0 ? plot.hits.of[over]! : (props.hot ?? null);
  const rings = [props.selected ?? null, hot].flatMap((place) => {
    const i = place === null ? -1 : plot.hits.of.indexOf(place);
    return i < 0 ? [] : [{ x: plot.hits.x[i]!, y: plot.hits.y[i]! }];
  });
  const canvas = useRef<HTMLDivElement>(null);
  const cloud = useRef<HTMLCanvasElement>(null);
  const ready = useDrawing(canvas, cloud, size, plot, range, rings, theme);
  const pointer = usePointer(plot, size, range, setRange, setOver, onPick);

  useEffect(() => {
    const element = box.current!;
    // The page scrolls with the wheel; with Ctrl, or a pinch on a touchpad, the chart zooms.
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const at = element.getBoundingClientRect();
      const place = share(size, event.clientX - at.left, event.clientY - at.top);
      setRange(zoomed(range, place, event.deltaY > 0 ? 1.2 : 1 / 1.2));
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, [box, size, range, setRange]);

  const key = (event: KeyboardEvent) => {
    if (event.key === "0" || event.key === "Escape") setRange(null);
    else if (KEYS[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      setRange(KEYS[event.key]!(range));
    }
  };
  const picture = () => ({ plot, theme, title, legend: props.legend ?? [], source: props.source,
    frame: { range, ...size, rings: [] } });
  return (
    <div className="chart-box">
      <div className="chart-head">
        {props.children ?? <span />}
        <div className="tools" role="group" aria-label={`Chart: ${title}`}>
          <button className="btn plain" onClick={() => setRange(zoomed(range, [0.5, 0.5], 0.7))} aria-label="Zoom in">+</button>
          <button className="btn plain" onClick={() => setRange(zoomed(range, [0.5, 0.5], 1.4))} aria-label="Zoom out">{"\u2212"}</button>
          <button className="btn plain" disabled={!zoomedIn} onClick={() => setRange(null)}>Reset</button>
          <SaveButtons name={fileName(title)} picture={picture} table={props.table} />
        </div>
      </div>
      <AxisName scale={plot.y} arrow={"\u2191"} side="y" />
      <div
        ref={box}
        className="canvas"
        tabIndex={0}
        role="img"
        aria-label={`${title}. ${axisTitle(plot.y)} against ${axisTitle(plot.x)}. The table below has every mark. Arrow keys move, plus and minus zoom, 0 shows all.`}
        style={{ height }}
        onKeyDown={key}
        onDoubleClick={() => setRange(null)}
        {...pointer}
      >
        <canvas ref={cloud} className="cloud" aria-hidden="true" />
        <div ref={canvas} style={{ height, width: "100%" }} data-ready={ready} />
        {over >= 0 && tip && <TipBox tip={tip(plot.hits.of[over]!)} plot={plot} range={range} size={size} over={over} />}
      </div>
      <AxisName scale={plot.x} arrow={"\u2192"} side="x" />
    </div>
  );
}

function usePointer(plot: Plot, size: Size, range: Range, setRange: (next: Range) => void, setOver: (over: number) => void, onPick?: (place: number) => void) {
  const drag = useRef<{ x: number; y: number; range: Range; far: boolean } | null>(null);
  const frame = useRef(0);
  const place = (event: PointerEvent<HTMLElement>): [number, number] => {
    const at = event.currentTarget.getBoundingClientRect();
    return [event.clientX - at.left, event.clientY - at.top];
  };
  const pan = (px: number, py: number) => {
    const from = drag.current!;
    const [u0, v0] = share(size, from.x, from.y);
    const [u1, v1] = share(size, px, py);
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => setRange(moved(from.range, u0 - u1, v0 - v1)));
  };
  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      if (event.button !== 0) return;
      const [x, y] = place(event);
      drag.current = { x, y, range, far: false };
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      const [x, y] = place(event);
      if (!drag.current) {
        setOver(event.pointerType === "touch" ? -1 : nearest(plot, range, size, x, y));
        return;
      }
      if (!drag.current.far && Math.hypot(x - drag.current.x, y - drag.current.y) > 5) {
        drag.current.far = true;
        event.currentTarget.setPointerCapture(event.pointerId);
        setOver(-1);
      }
      if (drag.current.far) pan(x, y);
    },
    onPointerUp: (event: PointerEvent<HTMLElement>) => {
      const dragged = drag.current?.far;
      drag.current = null;
      if (dragged || !onPick) return;
      const [x, y] = place(event);
      const hit = nearest(plot, range, size, x, y, event.pointerType === "touch" ? 26 : 14);
      if (hit >= 0) onPick(plot.hits.of[hit]!);
    },
    onPointerCancel: () => {
      drag.current = null;
    },
    onPointerLeave: () => setOver(-1),
  };
}

function TipBox({ tip, plot, range, size, over }: { tip: Tip; plot: Plot; range: Range; size: Size; over: number }) {
  const [x, y] = pixel(size, range, along(plot.x, plot.hits.x[over]!), along(plot.y, plot.hits.y[over]!));
  const right = x > size.width / 2;
  const style = {
    top: Math.max(0, Math.min(y - 20, size.height - 150)),
    ...(right ? { right: size.width - x + 16 } : { left: x + 16 }),
  };
  return (
    <div className="tip" style={style} aria-hidden="true">
      <b>{tip.title}</b>
      <dl>
        {tip.rows.map(([name, value]) => (
          <Entry key={name} name={name} value={value} />
        ))}
      </dl>
    </div>
  );
}

function Entry({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function SaveButtons({ name, picture, table }: { name: string; picture: () => Parameters<typeof svgOf>[0]; table: () => Table }) {
  return (
    <>
      <button className="btn plain" onClick={() => void pngOf(picture()).then((blob) => save(blob, `${name}.png`))} aria-label="Save the chart as PNG">PNG</button>
      <button className="btn plain" onClick={() => void svgOf(picture()).then((blob) => save(blob, `${name}.svg`))} aria-label="Save the chart as SVG">SVG</button>
      <button className="btn plain" onClick={() => save(csvBlob(table()), `${name}.csv`)} aria-label="Save the figures as CSV">CSV</button>
    </>
  );
}
