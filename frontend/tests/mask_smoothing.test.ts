import { describe, expect, it } from "vitest";
import { smoothSlice } from "../src/mask_smoothing";

const shape = [5, 5, 2] as const;

function slice(k: number, draw: (i: number, j: number) => number): Uint8Array {
  const labels = new Uint8Array(50);
  for (let j = 0; j < 5; j += 1) for (let i = 0; i < 5; i += 1) labels[i + 5 * j + 25 * k] = draw(i, j);
  return labels;
}

describe("smoothing a slice", () => {
  it("fills a hole and removes a lone voxel", () => {
    const hole = slice(0, (i, j) => (i === 2 && j === 2 ? 0 : 4));
    expect(smoothSlice(hole, shape, 0)[12]).toBe(4);
    const lone = slice(0, (i, j) => (i === 2 && j === 2 ? 4 : 0));
    expect(smoothSlice(lone, shape, 0)[12]).toBe(0);
  });

  it("leaves straight borders and other slices alone", () => {
    const halves = slice(0, (i) => (i < 3 ? 2 : 3));
    expect([...smoothSlice(halves, shape, 0)]).toEqual([...halves]);
    const other = slice(1, (i, j) => (i === 2 && j === 2 ? 0 : 4));
    expect([...smoothSlice(other, shape, 0)]).toEqual([...other]);
  });
});
