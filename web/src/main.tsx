import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import "./style/tokens.css";
import "./style/base.css";
import "./style/parts.css";
import { fetchFirstPage } from "./app/places";
import { Shell } from "./app/shell";
import { openSource } from "./data/open";
import { Refusal } from "./data/source";
import { KnownContext, type Known } from "./data/use";
import { Failed, Waiting } from "./parts/states";

async function begin(signal: AbortSignal): Promise<Known> {
  const source = await openSource(signal);
  return { source, meta: await source.meta(signal) };
}

function App() {
  const [known, setKnown] = useState<Known | null>(null);
  const [failure, setFailure] = useState<Refusal | null>(null);
  useEffect(() => {
    const control = new AbortController();
    begin(control.signal).then(setKnown, (why: unknown) => {
      if (control.signal.aborted) return;
      setFailure(why instanceof Refusal ? why : new Refusal("internal", String(why)));
    });
    return () => control.abort();
  }, []);
  if (known)
    return (
      <KnownContext.Provider value={known}>
        <Shell />
      </KnownContext.Provider>
    );
  return (
    <main id="main">
      <h1 className="sr">Roofscape</h1>
      {failure ? <Failed failure={failure} /> : <Waiting />}
    </main>
  );
}

fetchFirstPage();
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
