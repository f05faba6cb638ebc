// Where the time goes and what fills the memory: one bar each, its parts named beside it.
import type { Predict } from "../data/types";
import { bytes, duration } from "../format/numbers";
import { Glyph } from "../parts/known";

// Shares that add up to less than 1 would not fill the bar.
const GROW = 1e9;

interface Part {
  name: string;
  size: number;
  show: string;
  strong?: boolean;
}

function Bar({ title, parts, whole }: { title: string; parts: Part[]; whole: string }) {
  const shown = parts.filter((part) => part.size > 0);
  return (
    <div>
      <div className="section-head"><h3>{title}</h3><span className="note">{whole}</span></div>
      <div className="bar-map" aria-hidden="true">
        {shown.map((part, i) => <span key={part.name} className={`bar-part q${i % 8}`} style={{ flexGrow: part.size * GROW }} />)}
      </div>
      <ul className="bar-names">
        {shown.map((part, i) => (
          <li key={part.name}>
            <span className={`bar-part q${i % 8}`} /> {part.strong ? <b>{part.name}</b> : part.name} <span className="quiet">{part.show}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

interface TimeProps {
  title: string;
  parts: Predict["parts"];
  times: Record<string, number>;
  limited: string;
}

export function TimeMap({ title, parts, times, limited }: TimeProps) {
  const shown = parts.map(({ key, title: name }) => ({ name, size: times[key] ?? 0, show: duration(times[key]), strong: key === limited }));
  return <Bar title={title} parts={shown} whole={times["total_s"] === undefined ? "" : `${duration(times["total_s"])} in all`} />;
}

export function MemoryMap({ memory }: { memory: Predict["points"][number]["memory"] }) {
  const { chip_bytes: chip, weight_bytes: weights, cache_room_bytes: room, cache_filled_bytes: filled } = memory;
  // Lengths of a drawing, not figures: what is left over is drawn, not told.
  const free = Math.max(0, room - filled);
  const parts = [
    { name: "weights", size: weights, show: bytes(weights) },
    { name: "keys and values, filled", size: filled, show: bytes(filled) },
    { name: "room for more", size: free, show: `of ${bytes(room)}` },
    { name: "kept back: activations, graphs, reserve", size: Math.max(0, chip - weights - room), show: "" },
  ];
  return <Bar title="What fills a chip's memory" parts={parts} whole={bytes(chip)} />;
}

export function PredictKey({ measured }: { measured: number }) {
  return (
    <ul className="key">
      <li className="known"><Glyph symbol="triangle" fill="hollow" /> predicted, dotted, with its 80 % interval</li>
      {measured > 0 ? <li><span className="t1"><Glyph symbol="circle" fill="solid" /></span> measured, p50, the same deployment</li> : <li>no measured row of this deployment</li>}
    </ul>
  );
}
