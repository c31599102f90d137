import { describe, expect, it } from "vitest";
import { Pseudonyms } from "../../src/deidentification/pseudonyms";

const KEY = "00".repeat(32);
const DAY = 86_400_000;

describe("pseudonyms", () => {
  const ours = new Pseudonyms(KEY, "");

  it("are the same in every session and others under another key", () => {
    expect(new Pseudonyms(KEY, "").uid("1.2.3")).toBe(ours.uid("1.2.3"));
    expect(new Pseudonyms("11".repeat(32), "").uid("1.2.3")).not.toBe(ours.uid("1.2.3"));
    expect(ours.uid("1.2.3")).toMatch(/^2\.25\.[0-9]{1,39}$/);
  });

  it("use the subject's code where there is one", () => {
    expect(new Pseudonyms(KEY, "S-001").subject("MRN")).toBe("S-001");
    expect(ours.subject("MRN")).toMatch(/^P[A-Z2-7]{10}$/);
  });

  it("move all dates of a patient by the same days into the past", () => {
    const between = [30, 1825];
    const days = ours.shiftDays("MRN", between);
    expect(days).toBeGreaterThanOrEqual(30);
    expect(days).toBeLessThanOrEqual(1825);
    expect(ours.shifted(100 * DAY, "MRN", between)).toBe((100 - days) * DAY);
  });

  it("refuse a key of another length", () => {
    expect(() => new Pseudonyms("00", "")).toThrow("32 bytes");
  });
});
