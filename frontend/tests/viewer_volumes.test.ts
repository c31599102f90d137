import { expect, test } from "vitest";
import { shapeOf, voxelsOf } from "../src/viewer_volumes";

/** A NIfTI-1 file of 2 × 3 × 1 voxels, little-endian. */
function nifti(datatype: number, voxels: Uint8Array | Int16Array | Float32Array): ArrayBuffer {
  const file = new ArrayBuffer(352 + voxels.byteLength);
  const header = new DataView(file);
  [3, 2, 3, 1].forEach((n, place) => header.setInt16(40 + 2 * place, n, true));
  header.setInt16(70, datatype, true);
  header.setFloat32(108, 352, true);
  new Uint8Array(file).set(new Uint8Array(voxels.buffer), 352);
  return file;
}

test("labels, anatomy and maps are read in the type that they were written in", () => {
  for (const [datatype, voxels] of [
    [2, Uint8Array.of(0, 1, 2, 3, 4, 8)],
    [4, Int16Array.of(0, 1, 2, 3, 4, 32767)],
    [16, Float32Array.of(0, 1, 2, 3, Number.NaN, -1.5)],
  ] as const) {
    expect(voxelsOf(nifti(datatype, voxels))).toEqual(voxels);
  }
});

test("the shape is told without the number of dimensions before it", () => {
  expect(shapeOf(nifti(2, new Uint8Array(6)))).toEqual([2, 3, 1]);
});

test("a type that is not shown is refused", () => {
  expect(() => voxelsOf(nifti(64, new Uint8Array(48)))).toThrow("data type 64");
});
