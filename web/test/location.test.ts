import { describe, expect, test } from "vitest";
import { changed, hrefOf, viewOf } from "../src/app/location";
import { drawsAtOnce } from "../src/app/places";
import { ask, keyAside, layoutName, layoutWords, shapeName } from "../src/pages/query";
import type { Facets, Key } from "../src/data/types";
import { sideParts, sideText } from "../src/pages/compare";

describe("addresses", () => {
  test("the first page has none", () => expect(hrefOf("answer")).toBe("./"));

  test("what is written is read again", () => {
    const href = hrefOf("frontier", { model: "a&b=c", shape: "8192/1024", chip: ["b200", "h200"], point: undefined, at: "" });
    expect(href).toBe("?view=frontier&model=a%26b=c&shape=8192/1024&chip=b200&chip=h200");
    const query = new URLSearchParams(href);
    expect(viewOf(query)).toBe("frontier");
    expect(query.get("model")).toBe("a&b=c");
    expect(query.getAll("chip")).toEqual(["b200", "h200"]);
  });

  test("a change keeps the rest, and takes off what is empty", () => {
    const query = new URLSearchParams("view=history&model=m&chip=a&chip=b&at=50");
    expect(changed(query, { at: undefined, chip: ["a"], y: "usd" })).toBe("?view=history&model=m&chip=a&y=usd");
  });

  test("hostile text stays text", () => {
    const hostile = "<script>alert(1)</script>\"'&view=live";
    const query = new URLSearchParams(hrefOf("frontier", { model: hostile }));
    expect(query.get("model")).toBe(hostile);
    expect(viewOf(query)).toBe("frontier");
  });

  test("only the operation's own parameters are asked", () => {
    const query = new URLSearchParams("view=frontier&model=m&log=x&point=a1&chip=a&chip=b&tier=");
    expect(ask(query, ["model", "chip", "tier"], { at: "50" })).toEqual({ model: "m", chip: ["a", "b"], at: "50" });
  });

  test("names of shapes, layouts and sides", () => {
    expect(shapeName("8192/1024")).toBe("8k in, 1k out");
    expect(shapeName("100/50")).toBe("100 in, 50 out");
    expect(shapeName("?")).toBe("?");
    expect(layoutName("serve 1x8 tp8 ep8")).toBe("serve 1x8 TP8 EP8");
    expect(layoutWords("serve 1x8 tp8 ep1 tp-attention")).toBe("8 chips, each layer cut over 8 (TP)");
    expect(layoutWords("prefill 2x4 tp4 dp-attention + decode 1x16 tp1 ep16 dp16 dp-attention")).toBe(
      "prompts on 2 \u00d7 4 chips, each layer cut over 4 (TP), attention in copies (DP); answers on 16 chips, experts spread over 16 (EP), 16 copies of attention (DP)",
    );
    expect(layoutWords("serve 1x1")).toBe("1 chip");
    expect(layoutWords("")).toBe("");
    expect(sideText(sideParts("engine=sglang,chip="))).toBe("engine=sglang");
  });
});

describe("series of one name", () => {
  const key = (more: Partial<Key>): Key => ({ model: "m", precision: "fp8", engine: "e", speculative: "none", chip: "c", shape: "1/1", workload: "1/1", protocol: "steady", window: "steady", way: "measured", ...more });
  const options = { chip: [], engine: [] } as unknown as Facets;
  test("are told apart by what differs, and only then", () => {
    const steady = key({});
    const whole = key({ window: "whole" });
    expect(keyAside(steady, options, [steady, key({ chip: "d", window: "whole" })])).toBe("");
    expect(keyAside(steady, options, [steady, whole])).toBe("steady window");
    expect(keyAside(whole, options, [steady, whole])).toBe("whole window");
  });
  test("say how they are known unless measured", () => {
    const predicted = key({ way: "predicted", window: "whole" });
    expect(keyAside(predicted, options, [key({}), predicted])).toBe("predicted");
  });
});

test.each([["", true, true], ["view=runs", false, false], ["view=codesign", false, false], ["view=codesign&part=gain", true, true], ["view=codesign&part=nothing", false, false], ["view=predict", true, false], ["view=codesign&part=sketch", true, false]])(
  "charts are fetched ahead only where they are drawn: '%s'", (query, served, published) => {
    expect(drawsAtOnce(new URLSearchParams(query), false)).toBe(served);
    expect(drawsAtOnce(new URLSearchParams(query), true)).toBe(published);
  });
