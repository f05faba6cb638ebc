// How a figure is known: shape, fill and line together, so that measured, simulated and predicted
// can't be taken for each other, in colour or without.
import type { Fill, Symbol } from "../chart/plot";
import type { Way } from "../data/types";

export interface Look {
  symbol: Symbol;
  fill: Fill;
  dash: number[] | undefined;
  word: string;
  says: string;
}

export const LOOKS: Record<Way, Look> = {
  measured: { symbol: "circle", fill: "solid", dash: undefined, word: "measured", says: "a real engine under load" },
  simulated: { symbol: "diamond", fill: "hollow", dash: [7, 4], word: "simulated", says: "played request by request" },
  predicted: { symbol: "triangle", fill: "hollow", dash: [2, 3], word: "predicted", says: "by formulas, with an interval" },
};

export function Glyph({ symbol, fill, className }: { symbol: Symbol; fill: Fill; className?: string }) {
  const look = fill === "hollow" ? { fill: "none", stroke: "currentColor", strokeWidth: 1.8 } : { fill: "currentColor" };
  return (
    <svg className={`mark ${className ?? ""}`} viewBox="0 0 12 12" aria-hidden="true">
      {symbol === "circle" && <circle cx="6" cy="6" r="4.3" {...look} />}
      {symbol === "diamond" && <path d="M6 .9 11.1 6 6 11.1.9 6Z" {...look} />}
      {symbol === "triangle" && <path d="M6 1.3 11 10.6H1Z" {...look} />}
      {symbol === "square" && <rect x="1.8" y="1.8" width="8.4" height="8.4" {...look} />}
      {symbol === "cross" && <path d="M2 2 10 10M10 2 2 10" stroke="currentColor" strokeWidth="2" />}
    </svg>
  );
}

export function KnownBy({ way }: { way: Way }) {
  const look = LOOKS[way];
  return (
    <span className="known" title={look.says}>
      <Glyph symbol={look.symbol} fill={look.fill} /> {look.word}
    </span>
  );
}

const VERDICTS: Record<string, string> = {
  VALID: "the client kept up: what it stamped is what the server did",
  DEGRADED: "the client was late now and then; figures that it spoils are named",
  INVALID: "the client could not keep up: the figures are not the server's",
  UNKNOWN: "imported: nobody here watched the client that measured it",
};

/** Whether the audit found something; of what nobody audited it cannot. */
export function isDoubtful(verdict: string | undefined): boolean {
  return verdict === "DEGRADED" || verdict === "INVALID";
}

/** What our own audit says of the client that measured. */
export function VerdictWord({ verdict }: { verdict: string }) {
  return <span className={`verdict ${verdict}`} title={VERDICTS[verdict]}>{verdict === "UNKNOWN" ? "not audited" : verdict}</span>;
}
