import { describe, expect, it } from "vitest";
import { changedVoxels } from "../src/mask_changes";

describe("the changes of a mask", () => {
  it("are the voxels that differ, with their new labels", () => {
    const found = changedVoxels(Uint8Array.of(0, 1, 2, 3), Uint8Array.of(0, 5, 2, 0));
    expect([...found.indices]).toEqual([1, 3]);
    expect([...found.labels]).toEqual([5, 0]);
  });

  it("are none for the same mask", () => {
    const mask = Uint8Array.of(1, 2, 3);
    expect(changedVoxels(mask, mask.slice()).indices.length).toBe(0);
  });

  it("travel with the lowest byte first", () => {
    const found = changedVoxels(new Uint8Array(300), new Uint8Array(300).fill(4, 299));
    expect([...new Uint8Array(found.indices.buffer)]).toEqual([43, 1, 0, 0]);
  });
});
