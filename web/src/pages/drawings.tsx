// A model as its layers, a fabric as its links.
import type { CatalogEntry } from "../data/types";
import { count, number } from "../format/numbers";

type Shape = Record<string, unknown>;

const num = (shape: Shape, name: string): number | null => (typeof shape[name] === "number" ? (shape[name] as number) : null);
const shapes = (value: unknown): Shape[] => (Array.isArray(value) ? (value as Shape[]) : []);

export function Drawing({ kind, entry }: { kind: string; entry: CatalogEntry }) {
  const shape = entry.shape as Shape;
  if (kind === "models") return <ModelDrawing shape={shape} name={entry.name} />;
  if (kind === "fabrics") return <FabricDrawing shape={shape} name={entry.name} />;
  return null;
}

const WIDTH = 380;
const STACK = 420;

interface Block {
  layers: number;
  lines: string[];
  paint: number;
}

/** Short names are initials. */
function mixerName(name: string): string {
  return name.length <= 4 ? name.toUpperCase() : name.replaceAll("_", " ");
}

function mixerBlock(shape: Shape, paint: number): Block {
  const layers = num(shape, "layers") ?? 0;
  const heads = num(shape, "q_heads");
  const kv = num(shape, "kv_heads");
  const lines = [
    `${layers} \u00d7 ${mixerName(String(shape["mixer"] ?? "attention"))}`,
    heads ? `${heads} heads${kv && kv !== heads ? `, ${kv} of keys and values` : ""}` : "",
    num(shape, "head_dim") ? `${num(shape, "head_dim")} wide each` : "",
    num(shape, "kv_lora") ? `cache of ${num(shape, "kv_lora")} + ${num(shape, "qk_rope") ?? 0} a token` : "",
    num(shape, "window") ? `window ${count(num(shape, "window"))}` : "",
    String(shape["place"] ?? ""),
  ];
  return { layers, paint, lines: lines.filter(Boolean) };
}

function ffnBlock(shape: Shape, paint: number): Block {
  const layers = num(shape, "layers") ?? 0;
  const routed = shape["routed"] === true;
  const shared = num(shape, "shared_experts");
  const lines = [
    `${layers} \u00d7 ${routed ? "experts" : "dense"}`,
    routed ? `${num(shape, "experts")} experts` : "",
    routed ? `${num(shape, "top_k")} a token${shared ? `, and ${shared} shared` : ""}` : "",
    num(shape, "width") ? `${count(num(shape, "width"))} wide` : "",
    String(shape["place"] ?? ""),
  ];
  return { layers, paint, lines: lines.filter(Boolean) };
}

function Stack({ blocks, left, title }: { blocks: Block[]; left: number; title: string }) {
  const all = blocks.reduce((sum, block) => sum + Math.max(1, block.layers), 0) || 1;
  let top = 48;
  return (
    <g>
      <text x={left + 88} y={38} textAnchor="middle" className="d-soft">{title}</text>
      {blocks.map((block, i) => {
        const height = Math.max(90, (Math.max(1, block.layers) / all) * STACK);
        const y = top;
        top += height + 5;
        return (
          <g key={i}>
            <rect x={left} y={y} width={176} height={height} rx={4} className={`d-fill q${block.paint % 8}`} />
            {block.lines.map((line, k) => <text key={k} x={left + 10} y={y + 20 + k * 16} className={k === 0 ? "d-head" : "d-soft"}>{line}</text>)}
          </g>
        );
      })}
    </g>
  );
}

function ModelDrawing({ shape, name }: { shape: Shape; name: string }) {
  const mixers = shapes(shape["mixers"]).map(mixerBlock);
  const ffns = shapes(shape["ffns"]).map((one, i) => ffnBlock(one, i + 2));
  const height = 70 + Math.max(...[mixers, ffns].map((blocks) => {
    const all = blocks.reduce((sum, block) => sum + Math.max(1, block.layers), 0) || 1;
    return blocks.reduce((sum, block) => sum + Math.max(90, (Math.max(1, block.layers) / all) * STACK) + 5, 0);
  }));
  return (
    <svg className="drawing" viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={`The layers of ${name}: ${[...mixers, ...ffns].map((block) => block.lines.join(", ")).join("; ")}`}>
      <text x={0} y={14} className="d-head">Layers, heights by their number</text>
      <Stack blocks={mixers} left={0} title="attention and other mixers" />
      <Stack blocks={ffns} left={WIDTH - 184} title="feed-forward" />
    </svg>
  );
}

const DRAWN = 16;

type Spot = [number, number];

function ring(n: number): Spot[] {
  return Array.from({ length: n }, (_, i) => {
    const angle = (i / n) * 2 * Math.PI - Math.PI / 2;
    return [190 + 140 * Math.cos(angle), 190 + 140 * Math.sin(angle)];
  });
}

function grid(n: number): Spot[] {
  const side = Math.ceil(Math.sqrt(n));
  const step = 280 / Math.max(1, side - 1);
  return Array.from({ length: n }, (_, i) => [50 + (i % side) * step, 50 + Math.floor(i / side) * step]);
}

function row(n: number, y: number): Spot[] {
  return Array.from({ length: n }, (_, i) => [190 + (i - (n - 1) / 2) * (340 / n), y]);
}

/** Spots of chips, and lines between or to what joins them. */
function layoutOf(topology: string, n: number): { spots: Spot[]; links: [Spot, Spot][]; hub: Spot[] } {
  if (topology === "mesh" || topology === "dragonfly") {
    const spots = ring(n);
    const links = spots.flatMap((a, i) => spots.slice(i + 1).map((b): [Spot, Spot] => [a, b]));
    return { spots, links, hub: [] };
  }
  if (topology === "torus") {
    const spots = grid(n);
    const side = Math.ceil(Math.sqrt(n));
    const links = spots.flatMap((a, i): [Spot, Spot][] => [
      ...(i % side < side - 1 && spots[i + 1] ? [[a, spots[i + 1]!] as [Spot, Spot]] : [[a, [a[0] + 28, a[1]]] as [Spot, Spot]]),
      ...(spots[i + side] ? [[a, spots[i + side]!] as [Spot, Spot]] : [[a, [a[0], a[1] + 28]] as [Spot, Spot]]),
    ]);
    return { spots, links, hub: [] };
  }
  const spots = row(n, 270);
  const hub: Spot[] = topology === "rails" ? row(Math.min(4, n), 90) : topology === "bus" ? [] : row(2, 90);
  if (topology === "bus") return { spots, hub, links: [...spots.map((a): [Spot, Spot] => [a, [a[0], 180]]), [[20, 180], [360, 180]]] };
  return { spots, hub, links: spots.flatMap((a) => hub.map((b): [Spot, Spot] => [a, b])) };
}

function FabricDrawing({ shape, name }: { shape: Shape; name: string }) {
  const topology = String(shape["topology"] ?? "");
  const chips = num(shape, "chips");
  const n = Math.min(chips ?? 8, DRAWN);
  const { spots, links, hub } = layoutOf(topology, n);
  const speed = num(shape, "chip_gb_s");
  const sides = Array.isArray(shape["shape"]) && shape["shape"].length > 0 ? `, ${(shape["shape"] as number[]).join(" \u00d7 ")}` : "";
  const says = `${topology}${sides}${chips ? `: ${count(chips)} chips` : ""}${speed ? `, ${number(speed)} GB/s a chip, one way` : ""}${shape["reduces"] === true ? ", adds up in the switches" : ""}`;
  return (
    <svg className="drawing" viewBox="0 0 380 400" role="img" aria-label={`${name}: ${says}`}>
      {links.map(([a, b], i) => <line key={i} x1={a[0]} y1={a[1]} x2={b[0]} y2={b[1]} className="d-line" />)}
      {hub.map(([x, y], i) => <rect key={`back ${i}`} x={x - 34} y={y - 14} width={68} height={28} rx={4} className="d-back" />)}
      {hub.map(([x, y], i) => <rect key={i} x={x - 34} y={y - 14} width={68} height={28} rx={4} className="d-fill q1" />)}
      {hub.map(([x, y], i) => <text key={i} x={x} y={y + 4} textAnchor="middle" className="d-soft">{topology === "rails" ? `rail ${i + 1}` : "switch"}</text>)}
      {spots.map(([x, y], i) => <rect key={i} x={x - 9} y={y - 9} width={18} height={18} rx={3} className="d-chip" />)}
      <text x={0} y={372} className="d-head">{says}</text>
      {chips !== null && chips > DRAWN && <text x={0} y={392} className="d-soft">{DRAWN} of {count(chips)} chips drawn</text>}
    </svg>
  );
}
