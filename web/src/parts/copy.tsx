import { useState } from "react";

/** Copies a text, and says so. Works without the clipboard API, too (plain HTTP). */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "sr";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export function CopyButton({ text, label, primary = false }: { text: string; label: string; primary?: boolean }) {
  const [said, setSaid] = useState("");
  return (
    <button
      className={primary ? "btn primary" : "btn"}
      onClick={() => {
        void copy(text).then((done) => {
          setSaid(done ? "Copied" : "Select the text and copy it");
          setTimeout(() => setSaid(""), 2000);
        });
      }}
    >
      <span aria-live="polite">{said || label}</span>
    </button>
  );
}
