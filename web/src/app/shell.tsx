// The frame around every page: the bar of places, and what is said while a page loads or fails.
import { Component, Suspense, useEffect, useRef, type ReactNode } from "react";
import { hrefOf, RESERVED, useQuery, viewOf, VIEWS, type View } from "./location";
import { Link } from "./link";
import { PLACES } from "./places";
import { ThemeButton } from "./theme_button";
import { useKnown } from "../data/use";
import { count, counted, day } from "../format/numbers";
import { Empty, Failed, Waiting } from "../parts/states";
import { Refusal } from "../data/source";

// Filters that mean the same on every page, and so travel along.
const SHARED = ["model", "shape", "chip", "engine", "precision", "speculative", "protocol", "tier", "date", "as_of"];

const UNFILTERED: View[] = ["codesign", "runs", "fleet", "catalog", "live"];

function placeHref(view: View, query: URLSearchParams): string {
  const kept: Record<string, string[]> = {};
  for (const name of SHARED) if (query.has(name)) kept[name] = query.getAll(name);
  return hrefOf(view, UNFILTERED.includes(view) ? {} : kept);
}

function Bar({ view }: { view: string }) {
  const [query] = useQuery();
  const { meta, source } = useKnown();
  const where = source.fixed
    ? `published ${day(meta.built)}, ${count(meta.counts.rows)} points`
    : `${counted(meta.counts.rows, "point")}, ${counted(meta.counts.runs, "run")}`;
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [view]);
  return (
    <header className="bar">
      <nav className="bar-in" aria-label="Places">
        <Link href={hrefOf("answer")} className="brand">
          <img src="./icon.svg" alt="" width="20" height="20" /> Roofscape
        </Link>
        <ul className="places" ref={list}>
          {VIEWS.map((name) => (
            <li key={name}>
              <Link href={placeHref(name, query)} current={name === view}>{PLACES[name].title}</Link>
            </li>
          ))}
        </ul>
        <div className="bar-end">
          <span className="where" title={meta.store}>{where}</span>
          <ThemeButton />
        </div>
      </nav>
    </header>
  );
}

class Fence extends Component<{ view: string; children: ReactNode }, { failure: unknown; view: string }> {
  override state = { failure: null as unknown, view: this.props.view };

  static getDerivedStateFromError(failure: unknown) {
    return { failure };
  }

  static getDerivedStateFromProps(props: { view: string }, state: { failure: unknown; view: string }) {
    return props.view === state.view ? null : { failure: null, view: props.view };
  }

  override render() {
    if (this.state.failure === null) return this.props.children;
    return <Failed failure={new Refusal("internal", `This page broke: ${String(this.state.failure)}. Load it again.`)} />;
  }
}

function Nowhere({ view }: { view: string }) {
  const later = (RESERVED as readonly string[]).includes(view);
  return (
    <Empty title={later ? "This place is kept for a page that is not there yet" : `There is no page '${view}'`}>
      <p>
        Go to <Link href={hrefOf("answer")}>Answer</Link> or <Link href={hrefOf("frontier")}>Frontier</Link>.
      </p>
    </Empty>
  );
}

export function Shell() {
  const [query] = useQuery();
  const view = viewOf(query);
  const place = PLACES[view as View];
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    document.title = place ? `${place.title} \u00b7 Roofscape` : "Roofscape";
    // A new page is announced from its beginning, as a load would be.
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [view, place]);
  return (
    <>
      <a
        className="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the content
      </a>
      <Bar view={view} />
      <main id="main" tabIndex={-1} ref={main}>
        <Fence view={view}>
          <Suspense fallback={<Waiting what="Loading the page" />}>
            {place ? <place.Page /> : <Nowhere view={view} />}
          </Suspense>
        </Fence>
      </main>
    </>
  );
}
