import { describe, expect, test } from "vitest";
import { loadsOf, requestOf } from "../src/pages/live/queue";

describe("the form that starts a run", () => {
  const fields = (values: Record<string, string>) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(values)) form.set(name, value);
    return form;
  };

  test("says what its fields say, and nothing of empty ones", () => {
    expect(requestOf(fields({ url: " http://127.0.0.1:8000 ", api: "chat", model: "", concurrency: "1, 2,,4", input_tokens: "128", output_tokens: "", chip: "h100", chips: "2", token: "secret" }))).toEqual({
      url: "http://127.0.0.1:8000", api: "chat", model: null, concurrency: [1, 2, 4], input_tokens: 128, output_tokens: null, chip: "h100", chips: 2,
    });
  });

  test("leaves to the server what is no number, so that it is refused by name", () => {
    expect(JSON.stringify(loadsOf("1,many"))).toBe('[1,"many"]');
    expect(JSON.stringify(loadsOf("1,Infinity"))).toBe('[1,"Infinity"]');
  });
});
