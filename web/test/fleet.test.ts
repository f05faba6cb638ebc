import { describe, expect, test } from "vitest";
import { fleetFile } from "../src/data/published";
import type { DaemonHead, DaemonOccasion, FleetNow, SweepHead, SweepPoint } from "../src/data/types";
import { whyText } from "../src/pages/fleet/campaign";
import { scheduleText } from "../src/pages/fleet/entry";
import { lastText } from "../src/pages/fleet/overview";
import { budgetText, pointsText } from "../src/pages/fleet/parts";

const head = { name: "c/1", points: 24, done: 20, running: 1, pending: 0, failed: 2, skipped: 1 } as SweepHead;
const entry = { name: "n", schedule: "30 2 * * *", time_zone: "Europe/Berlin", watch_every_s: null, last: null } as DaemonHead;
const occasion = { number: 3, begun: "2026-11-29T02:30:00Z", ended: "2026-11-29T03:30:00Z", subject: "n: 1 regression" } as DaemonOccasion;

describe("words of the fleet", () => {
  test("points by state, those that are not there left out", () => expect(pointsText(head)).toBe("20 of 24 points done, 1 running, 2 failed, 1 skipped"));

  test("budgets with their units, and what is not known", () => {
    expect(budgetText({ name: "usd", unit: "USD", limit: 40, used: 12.5, used_share: 0.3 })).toBe("$12.50 of $40.00");
    expect(budgetText({ name: "device_hours", unit: "device-h", limit: 8, used: 2, used_share: 0.25 })).toBe("2.00 of 8.00 device-h");
    expect(budgetText({ name: "wall_hours", unit: "h", limit: 6, used: null, used_share: null })).toBe("6.00 h from each start on");
  });

  test("why a point is not there, with its cure", () => {
    const point = { failure: { class: "memory", reason: "out of it", cure: "take less" } } as SweepPoint;
    expect(whyText(point)).toBe("memory: out of it. Cure: take less");
    expect(whyText({ failure: { class: "skipped", reason: "", cure: null } } as SweepPoint)).toBe("skipped");
    expect(whyText({ failure: null } as SweepPoint)).toBe("");
  });

  test("when a plan runs, and what its last run came to", () => {
    expect(scheduleText(entry)).toBe("Runs at 30 2 * * * (Europe/Berlin)");
    expect(scheduleText({ ...entry, watch_every_s: 900 })).toBe("Runs at 30 2 * * * (Europe/Berlin), and asks for new releases every 15.0 min");
    expect(scheduleText({ ...entry, schedule: null })).toMatch(/not told/);
    expect(lastText(entry)).toBe("never ran");
    expect(lastText({ ...entry, last: occasion })).toBe("2026-11-29 02:30 UTC: 1 regression");
    expect(lastText({ ...entry, last: { ...occasion, ended: null } })).toBe("run 3 since 2026-11-29 02:30 UTC");
  });
});

describe("a published fleet", () => {
  const list = { campaigns: [{ name: "a" }, { name: "c/1" }], entries: [{ name: "a" }] } as FleetNow;
  const files = { get: <Body>(path: string) => Promise.resolve((path === "data/fleet.json" ? list : path) as Body) };

  test("is found by its place, whatever its name holds", async () => {
    expect(await fleetFile(files, "campaigns", "c/1")).toBe("data/fleet/campaigns/1.json.gz");
    expect(await fleetFile(files, "entries", "a")).toBe("data/fleet/entries/0.json.gz");
    await expect(fleetFile(files, "entries", "c/1")).rejects.toThrow(/has no 'c\/1': it holds a/);
  });
});
