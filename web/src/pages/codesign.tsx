// Co-design: the stories, where a gain comes from, what a move costs, links, a chip that nobody has
// built, scenarios, a sketch. Each of its parts is a link, and loaded when it is gone to.
import { lazy, type ComponentType } from "react";
import { hrefOf, useQuery } from "../app/location";
import { Link } from "../app/link";
import { useAnswer, useKnown } from "../data/use";
import type { StudyHead } from "../data/types";
import { Empty, Ready } from "../parts/states";

export interface PartProps {
  studies: StudyHead[];
}

interface Part {
  title: string;
  Page: ComponentType<PartProps>;
}

const PARTS: Record<string, Part> = {
  stories: { title: "Stories", Page: lazy(() => import("./codesign/stories")) },
  gain: { title: "Gain", Page: lazy(() => import("./codesign/gain")) },
  portability: { title: "Portability", Page: lazy(() => import("./codesign/portability")) },
  machines: { title: "Machines", Page: lazy(() => import("./codesign/machines")) },
  fabrics: { title: "Fabrics", Page: lazy(() => import("./codesign/fabrics")) },
  elasticities: { title: "Elasticities", Page: lazy(() => import("./codesign/elasticities")) },
  "what-if": { title: "What if", Page: lazy(() => import("./codesign/what_if")) },
  sketch: { title: "Sketch", Page: lazy(() => import("./codesign/sketch")) },
};

export default function CodesignPage() {
  const [query] = useQuery();
  const { source } = useKnown();
  const name = query.get("part") ?? "stories";
  const part = PARTS[name];
  const asked = useAnswer("codesign", (signal) => source.studies(signal));
  return (
    <>
      <nav aria-label="Parts of co-design" className="kinds">
        {Object.entries(PARTS).map(([key, { title }]) => (
          <Link key={key} href={hrefOf("codesign", { part: key === "stories" ? undefined : key })} className="btn" current={key === name}>{title}</Link>
        ))}
      </nav>
      {part ? (
        <Ready asked={asked} what="Looking for studies">{({ studies }) => <part.Page studies={studies} />}</Ready>
      ) : (
        <Empty title={`Co-design has no part '${name}'`}>
          <p>Choose one of those above.</p>
        </Empty>
      )}
    </>
  );
}
