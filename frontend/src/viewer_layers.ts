/**
 * Colours of voxels, four bytes each (red, green, blue, alpha): what is uploaded as the textures of
 * anatomy and overlay. Only voxels that have a colour are visited.
 */

import type { Range } from "./brush";
import type { Rgb } from "./colour_scales";
import type { LabelTable } from "./label_colours";

type Shape = readonly [number, number, number];

/** As a little-endian word; alpha from 0 to 1. */
export function rgba([red, green, blue]: Rgb, alpha: number): number {
  return ((Math.round(255 * alpha) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** Grey from `low` (black) to `high` (white), looked up: a division a voxel takes five times as long. */
export function paintGrey(out: Uint32Array, values: Int16Array, low: number, high: number): void {
  const scale = 255 / Math.max(high - low, 1e-5);
  const greys = Uint32Array.from({ length: 65536 }, (_, place) => {
    const grey = Math.round(Math.min(Math.max((place - 32768 - low) * scale, 0), 255));
    return rgba([grey, grey, grey], 1);
  });
  for (let n = 0; n < out.length; n += 1) out[n] = greys[values[n]! + 32768]!;
}

/** The indices of voxels that have a value. */
export function indicesWithValue(values: Float32Array): Uint32Array {
  let count = 0;
  for (let n = 0; n < values.length; n += 1) if (!Number.isNaN(values[n])) count += 1;
  const indices = new Uint32Array(count);
  for (let n = 0, place = 0; place < count; n += 1) if (!Number.isNaN(values[n])) indices[place++] = n;
  return indices;
}

export interface MapPaint {
  readonly values: Float32Array;
  /** The voxels that have a value. */
  readonly indices: Uint32Array;
  /** 256 colours from the lowest to the highest value. */
  readonly colours: readonly Rgb[];
  readonly range: Range;
  /** Voxels outside are see-through; null shows all. */
  readonly threshold: Range | null;
  readonly opacity: number;
}

/** Values beyond the range take its end colours. */
export function paintMap(out: Uint32Array, map: MapPaint): void {
  const { values, indices, range } = map;
  const words = Uint32Array.from(map.colours, (colour) => rgba(colour, map.opacity));
  const scale = words.length / (range.high - range.low);
  const top = words.length - 1;
  const from = map.threshold?.low ?? Number.NEGATIVE_INFINITY;
  const to = map.threshold?.high ?? Number.POSITIVE_INFINITY;
  for (let place = 0; place < indices.length; place += 1) {
    const n = indices[place]!;
    const value = values[n]!;
    if (value < from || value > to) continue;
    const index = (value - range.low) * scale;
    out[n] = words[index <= 0 ? 0 : index >= top ? top : index | 0]!;
  }
}

/** Colours of labels as words; a label that is see-through in the table is 0. */
function labelWords(table: LabelTable): Uint32Array {
  return Uint32Array.from(table.A, (alpha, label) =>
    alpha === 0 ? 0 : rgba([table.R[label]!, table.G[label]!, table.B[label]!], 1),
  );
}

/**
 * Draw over what is there the voxels of `labels` that touch another label in the plane across the
 * axis `across` (0 right, 1 anterior, 2 superior). `liver` has the indices of all labels.
 */
export function paintOutlines(
  out: Uint32Array,
  labels: Uint8Array,
  shape: Shape,
  across: 0 | 1 | 2,
  liver: Uint32Array,
  table: LabelTable,
): void {
  const words = labelWords(table);
  const [a, b] = [1, shape[0], shape[0] * shape[1]].filter((_, axis) => axis !== across) as [number, number];
  for (let place = 0; place < liver.length; place += 1) {
    const n = liver[place]!;
    const label = labels[n]!;
    const word = words[label] ?? 0;
    if (word === 0) continue;
    const isInside =
      labels[n - a] === label && labels[n + a] === label && labels[n - b] === label && labels[n + b] === label;
    if (!isInside) out[n] = word;
  }
}

/** Fill whole segments for the 3-D view; alpha is the part of a voxel's neighbourhood that is filled. */
export function paintSolid(
  out: Uint32Array,
  labels: Uint8Array,
  shape: Shape,
  liver: Uint32Array,
  table: LabelTable,
): void {
  const words = labelWords(table);
  const steps = [1, shape[0], shape[0] * shape[1]].flatMap((step) => [step, -step]);
  for (let place = 0; place < liver.length; place += 1) {
    const n = liver[place]!;
    const word = words[labels[n]!] ?? 0;
    let filled = word === 0 ? 0 : 1;
    for (const step of steps) if ((words[labels[n + step] ?? 0] ?? 0) !== 0) filled += 1;
    const colour = word === 0 ? 0 : word & 0xffffff;
    out[n] = word === 0 ? 0 : ((Math.round((255 * filled) / 7) << 24) | colour) >>> 0;
  }
}
