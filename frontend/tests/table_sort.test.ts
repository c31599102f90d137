import { describe, expect, it } from "vitest";
import { compareValues, order } from "../src/table_sort";

describe("sorting", () => {
  it("compares numbers as numbers and words as words", () => {
    expect(compareValues("9", "10")).toBeLessThan(0);
    expect(compareValues("b", "a")).toBeGreaterThan(0);
  });

  it("puts rows without a value last in both directions", () => {
    const values = ["3", undefined, "10", ""];
    expect(order(values, "ascending")).toEqual([0, 2, 1, 3]);
    expect(order(values, "descending")).toEqual([2, 0, 1, 3]);
  });
});
