import { describe, expect, it } from "vitest";
import { countInBins, countInTable, markVoxels, snapToBins } from "../src/brush";

const edges = [0, 5, 10, 15, 20];
const counts = [1, 2, 4, 8];

describe("a brush over bins", () => {
  it("widens to whole bins", () => {
    expect(snapToBins({ low: 6, high: 11 }, edges)).toEqual({ low: 5, high: 15 });
    expect(snapToBins({ low: 5, high: 10 }, edges)).toEqual({ low: 5, high: 10 });
    expect(snapToBins({ low: -9, high: 99 }, edges)).toEqual({ low: 0, high: 20 });
  });

  it("counts the voxels of the whole bins", () => {
    expect(countInBins({ low: 5, high: 15 }, edges, counts)).toBe(6);
    expect(countInBins({ low: 0, high: 20 }, edges, counts)).toBe(15);
  });

  it("lights exactly the voxels that were counted", () => {
    const values = Float32Array.from([4.9, 5, 9.9, 10, 12, 20, Number.NaN]);
    const labels = [1, 1, 1, 1, 1, 1, 1];
    const everywhere = [0, 1, 2, 3, 4, 5, 6];
    const lit = markVoxels([{ values, range: { low: 5, high: 10 }, includeHigh: false }], labels, 0, everywhere);
    expect([...lit.marked]).toEqual([0, 1, 1, 0, 0, 0, 0]);
    expect(lit.count).toBe(2);
  });

  it("takes the upper edge of the last bin along", () => {
    const lit = markVoxels([{ values: [19.9, 20], range: { low: 15, high: 20 }, includeHigh: true }], [1, 1], 0, [0, 1]);
    expect([...lit.marked]).toEqual([1, 1]);
  });

  it("stays in the segment asked for, and in the liver", () => {
    const condition = { values: [7, 7, 7], range: { low: 5, high: 10 }, includeHigh: false };
    expect([...markVoxels([condition], [0, 2, 3], 2, [1, 2]).marked]).toEqual([0, 1, 0]);
    expect([...markVoxels([condition], [0, 2, 3], 0, [1, 2]).marked]).toEqual([0, 1, 1]);
  });

  it("lights what lies in both ranges of fat against iron", () => {
    const fat = { values: [7, 7, 20], range: { low: 5, high: 10 }, includeHigh: false };
    const iron = { values: [40, 90, 40], range: { low: 30, high: 50 }, includeHigh: false };
    expect([...markVoxels([fat, iron], [1, 1, 1], 0, [0, 1, 2]).marked]).toEqual([1, 0, 0]);
  });

  it("counts the cells of fat against iron that lie in both ranges", () => {
    const table = [
      [1, 2],
      [3, 4],
      [5, 6],
    ];
    const wide = { low: 0, high: 3 };
    expect(countInTable([wide, { low: 0, high: 20 }], [[0, 1, 2, 3], [0, 10, 20]], table)).toBe(21);
    expect(countInTable([{ low: 1, high: 2 }, { low: 10, high: 20 }], [[0, 1, 2, 3], [0, 10, 20]], table)).toBe(4);
  });
});
