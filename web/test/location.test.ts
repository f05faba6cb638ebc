import { describe, expect, test } from "vitest";
import { changed, hrefOf, viewOf } from "../src/app/location";
import { ask, layoutName, shapeName } from "../src/pages/query";
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
    expect(sideText(sideParts("engine=sglang,chip="))).toBe("engine=sglang");
  });
});
