import { describe, expect, it } from "vitest";
import { labelColours } from "../src/label_colours";
import { middleOf } from "../src/label_places";

// 4 x 4 x 2 voxels: segment 3 is a block of 2 x 2 in the upper slice, segment 5 one voxel below.
const labels = new Uint8Array(32);
for (const n of [21, 22, 25, 26]) labels[n] = 3;
labels[0] = 5;

describe("the middle of a segment", () => {
  it("is its mean place in the slice that has most of it", () => {
    expect(middleOf(labels, [4, 4, 2], 3)).toEqual([1.5, 1.5, 1]);
    expect(middleOf(labels, [4, 4, 2], 5)).toEqual([0, 0, 0]);
  });

  it("is null for a segment that is not there", () => {
    expect(middleOf(labels, [4, 4, 2], 7)).toBeNull();
  });
});

describe("colours of labels", () => {
  const regions = [
    { key: "liver", name: "Whole liver", label: 255, colour: "#288c28" },
    { key: "segment_1", name: "I", label: 1, colour: "#8856a7" },
    { key: "segment_2", name: "II", label: 2, colour: "#2c7fb8" },
  ];

  it("have the segments' own colours and a background that is see-through", () => {
    const table = labelColours(regions, 0);
    expect([table.R[2], table.G[2], table.B[2]]).toEqual([0x2c, 0x7f, 0xb8]);
    expect(table.A).toEqual([0, 255, 255]);
  });

  it("show one segment alone when it is chosen", () => {
    expect(labelColours(regions, 2).A).toEqual([0, 0, 255]);
  });
});
