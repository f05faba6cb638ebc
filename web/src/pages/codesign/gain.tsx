import { useMemo } from "react";
import type { Study, StudyGain } from "../../data/types";
import { interval, number, quantity, times, usd } from "../../format/numbers";
import { Figure } from "../../parts/figure";
import { paletteClass } from "../../parts/palette";
import { Table, type Column } from "../../parts/table";
import type { PartProps } from "../codesign";
import { ABOUT, gainPlot, gainTable, gainTip, groundOf, pairPlot, pairTable, pairTip } from "./gain_plot";
import { OBJECTIVE, Sources, StudyFrame } from "./study";

export default function Gain({ studies }: PartProps) {
  return (
    <StudyFrame studies={studies} kind="gain" part="gain" aside={Aside}>
      {(study) => <View gain={study.gain!} />}
    </StudyFrame>
  );
}

function Aside(study: Study) {
  const gain = study.gain!;
  return (
    <>
      <Ends gain={gain} />
      <Evidence gain={gain} />
      <Sources spent={gain.spent} />
    </>
  );
}

function Ends({ gain }: { gain: StudyGain }) {
  return (
    <ul className="list machines">
      {([["A", gain.a], ["B", gain.b]] as const).map(([letter, end]) => (
        <li key={letter}>
            <b>{letter} {end.name}</b>: {end.usd_per_mtok === null ? quantity(end.value, OBJECTIVE[gain.objective] ?? gain.objective) : `${usd(end.usd_per_mtok)} a million tokens`}; <span className="quiet">{end.plan}</span>
        </li>
      ))}
    </ul>
  );
}

function View({ gain }: { gain: StudyGain }) {
  const falls = useMemo(() => gainPlot(gain), [gain]);
  const pairs = useMemo(() => pairPlot(gain), [gain]);
  const table = gainTable(gain);
  return (
    <>
      <Figure first title="Where the gain comes from" note={gain.draws > 0 ? `bars: shares; whiskers: 80 % of ${gain.draws} draws of coefficients` : "bars: shares"}
        plot={falls} height={46 + 34 * (gain.layers.length + 1)} table={() => table} tip={(place) => gainTip(gain, place)} legend={KEY} />
      <ul className="key">
        {KEY.map(({ paint, label }) => <li key={label}><span className={`letter ${paletteClass(paint)}`} aria-hidden="true" /> {label}</li>)}
      </ul>
      <Layers gain={gain} />
      <section>
        <Figure first title="What two layers bring together beyond one by one" note="above 1: they multiply; below: one makes the other needless"
          plot={pairs} height={56 + 28 * gain.layers.length} table={() => pairTable(gain)} tip={(place) => pairTip(gain, place)} />
      </section>
    </>
  );
}

const KEY = [
  { paint: 0, letter: "\u25cf", label: "from published figures: data sheets, price books" },
  { paint: 1, letter: "\u25cf", label: "from what was fitted to measured rows" },
  { paint: 2, letter: "\u25cf", label: "confirmed by measured rows of this store" },
];

type Row = StudyGain["layers"][number];

function Layers({ gain }: { gain: StudyGain }) {
  const rows = gain.waterfall.map((step) => gain.layers.find(({ layer }) => layer === step.layer)!);
  const columns: Column<Row>[] = [
    { key: "layer", head: "Layer", left: true, wrap: true, value: (row) => row.layer, show: (row) => <><b>{row.layer}</b> <span className="quiet">{ABOUT[row.layer]}</span></> },
    { key: "share", head: "Share", unit: "times", value: (row) => row.share, show: (row) => number(row.share) },
    { key: "orders", head: "All orders", unit: "least to most", value: (row) => row.least, show: (row) => interval(row.least, row.most, "") },
    { key: "draws", head: "80 % of draws", unit: "times", value: (row) => row.low80, show: (row) => interval(row.low80, row.high80, "") || "\u2013" },
    { key: "ground", head: "Known", left: true, value: groundOf },
  ];
  return <Table tall caption="Layers of the gain" rows={rows} columns={columns} rowKey={(row) => row.layer} />;
}

function Evidence({ gain }: { gain: StudyGain }) {
  const { measured } = gain;
  return (
    <div className="stack">
      <h2>What measured rows confirm</h2>
      {!measured || measured.axes.length === 0 ? (
        <p className="note">No rows of this store hold two setups between A and B that differ in one thing alone, of this model at these lengths. Import such rows, e.g. roofscape import inferencex FILE.</p>
      ) : (
        <ul className="list">
          {measured.axes.map((axis) => (
            <li key={axis.axis}>
              <b>{axis.axis}: {times(axis.gain)}</b> measured ({times(axis.least)} to {times(axis.most)}, {axis.pairs} {axis.pairs === 1 ? "pair" : "pairs"}), {axis.layers} modelled: {times(axis.modelled)}
            </li>
          ))}
          {measured.a_tps_per_chip !== null && measured.b_tps_per_chip !== null && (
            <li>From end to end: {number(measured.a_tps_per_chip)} to {number(measured.b_tps_per_chip)} tokens/s/chip.</li>
          )}
        </ul>
      )}
    </div>
  );
}
