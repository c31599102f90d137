import { expect, test } from "vitest";
import type { LabelTable } from "../src/label_colours";
import { indicesOf } from "../src/label_places";
import { indicesWithValue, paintGrey, paintMap, paintOutlines, paintSolid, rgba } from "../src/viewer_layers";

const RED = [255, 0, 0] as const;
const BLUE = [0, 0, 255] as const;
const TABLE: LabelTable = { R: [0, 255, 0], G: [0, 0, 0], B: [0, 0, 255], A: [0, 255, 255], I: [0, 1, 2], labels: ["", "1", "2"] };

function map(values: number[], over: object = {}) {
  const all = Float32Array.from(values);
  const colours = [...new Array<typeof RED>(128).fill(RED), ...new Array<typeof BLUE>(128).fill(BLUE)];
  return { values: all, indices: indicesWithValue(all), colours, range: { low: 0, high: 10 }, threshold: null, opacity: 1, ...over };
}

/** Labels 1 and 2 side by side in every slice of a 6 × 4 × 3 grid, with an empty rim in the plane. */
function twoSegments(): Uint8Array {
  const labels = new Uint8Array(6 * 4 * 3);
  for (let k = 0; k < 3; k += 1)
    for (let j = 0; j < 4; j += 1) for (let i = 1; i < 5; i += 1) labels[i + 6 * j + 24 * k] = i < 3 ? 1 : 2;
  return labels;
}

test("a colour is four bytes in the order that WebGL reads", () => {
  const word = Uint32Array.of(rgba([1, 2, 3], 1));
  expect([...new Uint8Array(word.buffer)]).toEqual([1, 2, 3, 255]);
});

test("grey rises from the low end of the window to its high end and no further", () => {
  const out = new Uint32Array(5);
  paintGrey(out, Int16Array.of(-5, 100, 228, 355, 32767), 100, 355);
  expect([...out].map((word) => word & 255)).toEqual([0, 0, 128, 255, 255]);
});

test("values beyond the range take its end colours, voxels without a value stay see-through", () => {
  const out = new Uint32Array(4);
  paintMap(out, map([-3, 7, Number.NaN, 99]));
  expect([...out]).toEqual([rgba(RED, 1), rgba(BLUE, 1), 0, rgba(BLUE, 1)]);
});

test("a threshold hides what lies outside it and keeps its ends", () => {
  const out = new Uint32Array(4);
  paintMap(out, map([1, 2, 3, 4], { threshold: { low: 2, high: 3 } }));
  expect([...out].map((word) => word !== 0)).toEqual([false, true, true, false]);
});

test("a map at half strength is half see-through", () => {
  const out = new Uint32Array(1);
  paintMap(out, map([1], { opacity: 0.5 }));
  expect(out[0]! >>> 24).toBe(128);
});

test("outlines run along the border of two segments and around both, over the map", () => {
  const labels = twoSegments();
  const out = new Uint32Array(labels.length).fill(7);
  paintOutlines(out, labels, [6, 4, 3], 2, indicesOf(labels), TABLE);
  const row = [...out.subarray(24 + 6, 24 + 12)];
  expect(row).toEqual([7, rgba(RED, 1), rgba(RED, 1), rgba(BLUE, 1), rgba(BLUE, 1), 7]);
});

test("inside a segment there is no outline", () => {
  const labels = new Uint8Array(27).fill(1);
  const out = new Uint32Array(27);
  paintOutlines(out, labels, [3, 3, 3], 2, indicesOf(labels), TABLE);
  expect(out[13]).toBe(0);
});

test("only the segment that was chosen is outlined", () => {
  const labels = twoSegments();
  const out = new Uint32Array(labels.length);
  paintOutlines(out, labels, [6, 4, 3], 2, indicesOf(labels), { ...TABLE, A: [0, 0, 255] });
  expect(new Set(out)).toEqual(new Set([0, rgba(BLUE, 1)]));
});

test("a solid segment is opaque inside and thins out at its surface", () => {
  const labels = new Uint8Array(125);
  for (const n of [62, 61, 63, 57, 67, 37, 87]) labels[n] = 1;
  const out = new Uint32Array(125);
  paintSolid(out, labels, [5, 5, 5], indicesOf(labels), TABLE);
  expect(out[62]! >>> 24).toBe(255);
  expect(out[61]! >>> 24).toBe(Math.round((255 * 2) / 7));
});
