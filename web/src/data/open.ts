// Which of the two sources stands behind this page: `roofscape publish` writes its folder of data into
// the head; without it `roofscape serve` answers.
import { served } from "./served";
import type { Source } from "./source";

/** Where its data is, of a published copy. */
export function publishedFolder(): string | null {
  return document.querySelector('meta[name="roofscape-data"]')?.getAttribute("content") || null;
}

export async function openSource(signal: AbortSignal): Promise<Source> {
  const folder = publishedFolder();
  if (!folder) return served();
  const { published } = await import("./published");
  return published(folder, signal);
}
