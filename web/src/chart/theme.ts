// The page's colours as a canvas needs them: resolved, and again when the theme changes.
import { useEffect, useState } from "react";
import type { Paint } from "./plot";

export interface Theme {
  paper: string;
  ink: string;
  soft: string;
  rule: string;
  faint: string;
  good: string;
  warn: string;
  bad: string;
  series: string[];
}

export const COLOURS = 8;

function read(): Theme {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim() || "#000000";
  return {
    paper: of("paper"),
    ink: of("ink"),
    soft: of("soft"),
    rule: of("rule"),
    faint: of("faint"),
    good: of("good"),
    warn: of("warn"),
    bad: of("bad"),
    series: Array.from({ length: COLOURS }, (_, i) => of(`s${i}`)),
  };
}

export function useTheme(): Theme {
  const [theme, setTheme] = useState(read);
  useEffect(() => {
    const again = () => setTheme(read());
    const system = matchMedia("(prefers-color-scheme: dark)");
    const chosen = new MutationObserver(again);
    system.addEventListener("change", again);
    chosen.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => {
      system.removeEventListener("change", again);
      chosen.disconnect();
    };
  }, []);
  return theme;
}

export function paintOf(theme: Theme, paint: Paint): string {
  if (typeof paint === "number") return theme.series[paint % COLOURS]!;
  return theme[paint];
}
