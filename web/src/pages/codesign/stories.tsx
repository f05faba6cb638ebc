import { hrefOf } from "../../app/location";
import { Link } from "../../app/link";
import type { StudyHead } from "../../data/types";
import type { PartProps } from "../codesign";

const PART_OF: Record<StudyHead["kind"], string> = {
  gain: "gain", portability: "portability", machines: "machines", fabrics: "fabrics", joint: "elasticities", what_if: "what-if",
};

const OTHERS: [string, string, string][] = [
  ["fabrics", "Fabrics", "How long tokens take to their experts on each, and what a wider domain is worth."],
  ["elasticities", "Elasticities", "What one per cent more of bandwidth, memory or links changes, of a chip that nobody has built."],
  ["what-if", "What if", "Optics, grown-up kernels, a capped site, an orbit: against what is, and which assumption decides."],
  ["sketch", "Sketch", "Move a chip's and a model's numbers, and the frontier follows."],
];

function hrefOfStudy(study: StudyHead): string {
  return hrefOf("codesign", { part: PART_OF[study.kind], study: study.id });
}

export default function Stories({ studies }: PartProps) {
  const stories = studies.filter((study) => study.story !== null);
  return (
    <>
      <div className="head">
        <div>
          <h1>Silicon, links, kernels, layout, model and price, together</h1>
          <p className="note">Gains multiply where all of them are designed for each other, and what was shaped for one machine loses on another. Three stories, each computed here from the catalog and the fitted formulas.</p>
        </div>
      </div>
      <ol className="cards">
        {stories.map((study) => (
          <li key={study.id} className="box stack">
            <h2><Link href={hrefOfStudy(study)}>{study.title}</Link></h2>
            {study.headline && <p className="lead">{study.headline}</p>}
            <p className="note">{study.text[0]}</p>
          </li>
        ))}
      </ol>
      <section>
        <div className="section-head"><h2>Further</h2></div>
        <ul className="cards">
          {OTHERS.map(([part, title, about]) => (
            <li key={part} className="box">
              <h3><Link href={hrefOf("codesign", { part })}>{title}</Link></h3>
              <p className="note">{about}</p>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
