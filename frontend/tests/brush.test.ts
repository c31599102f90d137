import { describe, expect, it } from "vitest";
import { countInBins, markVoxels, outline, snapToBins } from "../src/brush";

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
    const lit = markVoxels(values, labels, 0, { low: 5, high: 10 }, false);
    expect([...lit.marked]).toEqual([0, 1, 1, 0, 0, 0, 0]);
    expect(lit.count).toBe(2);
  });

  it("takes the upper edge of the last bin along", () => {
    const lit = markVoxels([19.9, 20], [1, 1], 0, { low: 15, high: 20 }, true);
    expect([...lit.marked]).toEqual([1, 1]);
  });

  it("stays in the segment asked for, and in the liver", () => {
    const values = [7, 7, 7];
    expect([...markVoxels(values, [0, 2, 3], 2, { low: 5, high: 10 }, false).marked]).toEqual([0, 1, 0]);
    expect([...markVoxels(values, [0, 2, 3], 0, { low: 5, high: 10 }, false).marked]).toEqual([0, 1, 1]);
  });
});

describe("outlines", () => {
  it("draw the rim of a segment within the plane only", () => {
    // 5 x 5 x 3 voxels, all of segment 4 except a frame of background in each slice.
    const labels = new Uint8Array(75);
    for (let k = 0; k < 3; k += 1)
      for (let j = 1; j < 4; j += 1) for (let i = 1; i < 4; i += 1) labels[i + 5 * j + 25 * k] = 4;
    const middle = outline(labels, [5, 5, 3], 2).slice(25, 50);
    expect(middle.filter((label) => label === 4).length).toBe(8);
    expect(middle[12]).toBe(0);
  });
});
