/** Where a segment lies in a label map. */

type Shape = readonly [number, number, number];
type Voxel = readonly [number, number, number];

/** The indices of all voxels with a label. */
export function indicesOf(labels: Uint8Array): Uint32Array {
  let count = 0;
  for (let n = 0; n < labels.length; n += 1) if (labels[n] !== 0) count += 1;
  const indices = new Uint32Array(count);
  for (let n = 0, place = 0; place < count; n += 1) if (labels[n] !== 0) indices[place++] = n;
  return indices;
}

/** The middle of a segment (0: of the liver) in the slice that has most of it; null without one. */
export function middleOf(labels: Uint8Array, shape: Shape, label: number): Voxel | null {
  const [ni, nj, nk] = shape;
  const slices = new Array<number>(nk).fill(0);
  let [i, j, count] = [0, 0, 0];
  for (let n = 0; n < labels.length; n += 1) {
    if (label === 0 ? labels[n] === 0 : labels[n] !== label) continue;
    i += n % ni;
    j += Math.floor(n / ni) % nj;
    slices[Math.floor(n / (ni * nj))]! += 1;
    count += 1;
  }
  if (count === 0) return null;
  return [i / count, j / count, slices.indexOf(Math.max(...slices))];
}
