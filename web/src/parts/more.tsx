import { useEffect, useState, type ReactNode } from "react";

const NARROW = "(max-width: 720px)";

function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const media = matchMedia(NARROW);
    const changed = () => setNarrow(media.matches);
    media.addEventListener("change", changed);
    return () => media.removeEventListener("change", changed);
  }, []);
  return narrow;
}

/** Controls that a phone shows only when asked. */
export function MoreControls({ label, children }: { label: string; children: ReactNode }) {
  const narrow = useNarrow();
  if (!narrow) return <div className="controls">{children}</div>;
  return (
    <details className="more more-controls">
      <summary>{label}</summary>
      <div className="controls">{children}</div>
    </details>
  );
}
