/** Which voxels of a mask were changed. */

export interface Changes {
  readonly indices: Uint32Array<ArrayBuffer>;
  readonly labels: Uint8Array<ArrayBuffer>;
}

/** The voxels whose label differs, by their index, with the label that they have now. */
export function changedVoxels(before: Uint8Array, after: Uint8Array): Changes {
  let count = 0;
  for (let n = 0; n < before.length; n += 1) if (before[n] !== after[n]) count += 1;
  const indices = new Uint32Array(count);
  const labels = new Uint8Array(count);
  for (let n = 0, place = 0; place < count; n += 1) {
    if (before[n] === after[n]) continue;
    indices[place] = n;
    labels[place] = after[n]!;
    place += 1;
  }
  return { indices, labels };
}
