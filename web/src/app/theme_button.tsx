import { useState } from "react";

type Chosen = "auto" | "light" | "dark";
const NEXT: Record<Chosen, Chosen> = { auto: "dark", dark: "light", light: "auto" };
const SAYS: Record<Chosen, string> = { auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };

function chosen(): Chosen {
  const value = document.documentElement.dataset["theme"];
  return value === "dark" || value === "light" ? value : "auto";
}

export function ThemeButton() {
  const [theme, setTheme] = useState<Chosen>(chosen);
  const next = () => {
    const to = NEXT[theme];
    if (to === "auto") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = to;
    try {
      localStorage.setItem("roofscape-theme", to);
    } catch {
      // Not kept, then.
    }
    setTheme(to);
  };
  return (
    <button className="btn plain" onClick={next} title={SAYS[theme]} aria-label={SAYS[theme]}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" strokeWidth="1.6" />
        {theme === "auto" && <path d="M8 1.8a6.2 6.2 0 0 1 0 12.4Z" fill="currentColor" />}
        {theme === "dark" && <circle cx="8" cy="8" r="6.2" fill="currentColor" />}
      </svg>
    </button>
  );
}
