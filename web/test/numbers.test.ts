import { describe, expect, test } from "vitest";
import { asked, bytes, count, counted, day, duration, figure, interval, MISSING, moment, number, percent, quantity, signedPercent, targetOf, tick, usd } from "../src/format/numbers";

describe("figures", () => {
  test.each([
    [null, MISSING], [undefined, MISSING], [NaN, MISSING], [Infinity, "inf"], [0, "0"],
    [1.23456, "1.23"], [12.345, "12.3"], [9.996, "10.0"], [99.94, "99.9"], [99.96, "100"],
    [1234.5, "1,235"], [0.012345, "0.0123"], [1e-9, "1.00e-9"], [-5.678, "-5.68"],
  ])("number(%s) has three digits", (value, text) => expect(number(value)).toBe(text));

  test.each([
    [0, "0 s"], [0.0000123, "12.3 \u00b5s"], [0.0196, "19.6 ms"], [0.9996, "1.00 s"], [12.3, "12.3 s"],
    [3600, "60.0 min"], [86400 * 4, "4.00 days"], [null, MISSING],
  ])("duration(%s)", (value, text) => expect(duration(value)).toBe(text));

  test.each([[0.0883, "$0.0883"], [1.949, "$1.95"], [0.99999, "$1.00"], [1234.4, "$1,234"], [-2, "-$2.00"], [null, MISSING]])(
    "usd(%s)", (value, text) => expect(usd(value)).toBe(text));

  test("missing is a dash and never 0", () => {
    for (const show of [number, duration, usd, percent, signedPercent, bytes, count, asked]) expect(show(null)).toBe(MISSING);
    expect(quantity(null, "tokens/s")).toBe(MISSING);
    expect(interval(null, 3, "s")).toBe("");
  });

  test("units stand beside figures", () => {
    expect(quantity(1500, "tokens/s/chip")).toBe("1,500 tokens/s/chip");
    expect(quantity(0.36, "USD/Mtok")).toBe("$0.360/Mtok");
    expect(quantity(0.5, "fraction")).toBe("50 %");
    expect(figure(0.02, "s")).toBe("20.0 ms");
    expect(interval(1, 2, "tokens/s")).toBe("1.00 to 2.00 tokens/s");
    expect(targetOf(50, "tokens/s/user")).toBe("50 tokens/s/user");
    expect(targetOf(0.25, "s")).toBe("250 ms");
    expect(bytes(1.41e11)).toBe("141 GB");
  });

  test("signs, counts and days", () => {
    expect(signedPercent(0.123)).toBe("+12 %");
    expect(signedPercent(-0.0123)).toBe("\u22121.2 %");
    expect(percent(0.0123)).toBe("1.2 %");
    expect(counted(1, "run")).toBe("1 run");
    expect(counted(2000, "run")).toBe("2,000 runs");
    expect(day("2026-03-01T10:00:00Z")).toBe("2026-03-01");
    expect(day(0)).toBe("1970-01-01");
    expect(moment("2026-03-01T10:20:30Z")).toBe("2026-03-01 10:20 UTC");
    expect(moment(null)).toBe(MISSING);
  });

  test.each([[0, "s", "0"], [0.02, "s", "20 ms"], [5, "s", "5 s"], [12000, "", "12k"], [4000, "", "4,000"], [0.5, "USD/Mtok", "$0.5"], [2.5e6, "", "2.5M"], [0.3, "fraction", "30 %"]])(
    "tick(%s %s)", (value, unit, text) => expect(tick(value, unit)).toBe(text));
});
