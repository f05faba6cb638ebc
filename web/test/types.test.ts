import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

// The page's types are made from the API's document: who changes one makes the other anew.
test("types are those of the API's document", () => {
  const at = (path: string) => new URL(path, import.meta.url).pathname;
  const made = execFileSync(process.execPath, [at("../tools/make-types.mjs"), at("../../schema/openapi.json")], { encoding: "utf8" });
  const cure = "node web/tools/make-types.mjs schema/openapi.json > web/src/data/types.ts";
  expect(readFileSync(at("../src/data/types.ts"), "utf8") === made, `types.ts is out of date: ${cure}`).toBe(true);
});
