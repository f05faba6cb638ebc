// One study: asked for until it is done, and what all of them have around their charts.
import { useEffect, useState, type ReactNode } from "react";
import { hrefOf, useQuery } from "../../app/location";
import { Link } from "../../app/link";
import { Refusal } from "../../data/source";
import { useKnown } from "../../data/use";
import type { Stated, Study, StudyHead } from "../../data/types";
import { counted, percent } from "../../format/numbers";
import { CopyButton } from "../../parts/copy";
import { Empty, Failed, Waiting } from "../../parts/states";

const AGAIN_MS = 700;

// What was computed does not change while the server runs: back and forward show it at once.
const done = new Map<string, Study>();

interface Following {
  id: string;
  study: Study | null;
  failure: Refusal | null;
}

/** Asks again until the study is done or has failed. */
function useStudy(id: string): Following {
  const { source } = useKnown();
  const [state, setState] = useState<Following>({ id, study: done.get(id) ?? null, failure: null });
  useEffect(() => {
    const control = new AbortController();
    const follow = async () => {
      while (!control.signal.aborted) {
        try {
          const study = await source.study(id, control.signal);
          if (control.signal.aborted) return;
          setState({ id, study, failure: null });
          if (study.state === "done") done.set(id, study);
          if (study.state === "done" || study.state === "failed") return;
        } catch (why) {
          if (control.signal.aborted) return;
          setState({ id, study: null, failure: why instanceof Refusal ? why : new Refusal("internal", String(why)) });
          return;
        }
        await new Promise((after) => setTimeout(after, AGAIN_MS));
      }
    };
    if (!done.has(id)) void follow();
    return () => control.abort();
  }, [id, source]);
  const known = done.get(id);
  if (known) return { id, study: known, failure: null };
  return state.id === id ? state : { id, study: null, failure: null };
}

/** The studies of a kind, the one that the address names, and links to the others. */
function useChosen(studies: StudyHead[], kind: StudyHead["kind"]): { own: StudyHead[]; chosen: StudyHead | undefined } {
  const [query] = useQuery();
  const own = studies.filter((study) => study.kind === kind);
  const wished = query.get("study");
  return { own, chosen: wished === null ? own[0] : own.find((study) => study.id === wished) };
}

function Switcher({ own, chosen, part }: { own: StudyHead[]; chosen: StudyHead | undefined; part: string }) {
  if (own.length < 2) return null;
  return (
    <nav aria-label="Studies" className="kinds small-kinds">
      {own.map((study) => (
        <Link key={study.id} href={hrefOf("codesign", { part, study: study.id })} className="btn" current={study.id === chosen?.id}>{study.title}</Link>
      ))}
    </nav>
  );
}

function Computing({ study }: { study: Study | null }) {
  if (!study) return <Waiting what="Asking for the study" />;
  const waits = study.state === "waiting";
  return (
    <div className="box stack" role="status">
      <p>
        <strong>{waits ? `Waits for ${counted(study.before, "other study", "other studies")}` : `Computing, ${percent(study.progress)} done`}.</strong>{" "}
        The server searches at the lowest priority, so as not to disturb what may be measured beside it. Once done it stays until the server ends.
      </p>
      <progress max={1} value={waits ? 0 : study.progress} aria-label="How far the study is" />
    </div>
  );
}

interface FrameProps {
  studies: StudyHead[];
  kind: StudyHead["kind"];
  part: string;
  children: (study: Study) => ReactNode;
  /** Beside the text. */
  aside?: (study: Study) => ReactNode;
}

export function StudyFrame({ studies, kind, part, children, aside }: FrameProps) {
  const { own, chosen } = useChosen(studies, kind);
  return (
    <>
      <Switcher own={own} chosen={chosen} part={part} />
      {chosen ? <Following key={chosen.id} head={chosen} aside={aside}>{children}</Following> : (
        <Empty title="There is no such study">
          <p>{own.length > 0 ? "Choose one of those above." : "This server computes none of that kind."}</p>
        </Empty>
      )}
    </>
  );
}

function Following({ head, aside, children }: { head: StudyHead; children: (study: Study) => ReactNode; aside?: (study: Study) => ReactNode }) {
  const { study, failure } = useStudy(head.id);
  const why = failure ?? (study?.state === "failed" ? new Refusal("internal", study.error ?? "the study failed") : null);
  const ready = study?.state === "done" ? study : null;
  const about = head.text.map((paragraph) => <p key={paragraph} className="note">{paragraph}</p>);
  return (
    <article>
      <div className="head">
        <div>
          <h1>{head.title}</h1>
          {ready?.headline && <p className="lead">{ready.headline}</p>}
        </div>
      </div>
      {/* One column until it is done: beside a result of unknown height nothing would stay in its place. */}
      {!ready && !why ? <div className="stack"><Computing study={study} />{study && about}</div> : (
        <div className="two story">
          <div className="stack">{ready ? children(ready) : <Failed failure={why!} />}</div>
          <aside className="stack" aria-label="About this study">
            {about}
            {ready && aside?.(ready)}
            <div className="stack">
              <h2>The same in a shell</h2>
              <pre tabIndex={0}>{head.command}</pre>
              <CopyButton text={head.command} label="Copy the command" />
            </div>
          </aside>
        </div>
      )}
    </article>
  );
}

/** Whose figures stand behind a study. */
export function Sources({ spent, stated, quality }: { spent: string; stated?: Stated[]; quality?: string }) {
  return (
    <div className="stack">
      <h2>Sources and assumptions</h2>
      <ul className="list">
        {quality && <li><b>Equally good:</b> {quality}</li>}
        {spent && <li><b>Spent:</b> {spent}</li>}
        {(stated ?? []).map(({ what, source }) => <li key={what}><b>{what}:</b> {source}</li>)}
        <li>Chips, models, fabrics: <Link href={hrefOf("catalog", { kind: "chips" })}>the catalog</Link>, each number with its source.</li>
        <li>By the formulas, without the correction by measured rows.</li>
      </ul>
    </div>
  );
}

export const OBJECTIVE: Record<string, string> = { tokens_per_usd: "tokens/USD", tokens_per_kwh: "tokens/kWh", tps_per_chip: "tokens/s/chip" };
