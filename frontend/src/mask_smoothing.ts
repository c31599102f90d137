/** Smoothing of one slice of labels: each voxel takes the label that most of its 3 x 3 have. */

export function smoothSlice(
  labels: Uint8Array,
  shape: readonly [number, number, number],
  k: number,
): Uint8Array {
  const [ni, nj] = shape;
  const offset = k * ni * nj;
  const result = labels.slice();
  const votes = new Uint8Array(256);
  for (let j = 1; j < nj - 1; j += 1) {
    for (let i = 1; i < ni - 1; i += 1) {
      const own = labels[offset + j * ni + i]!;
      votes.fill(0);
      let best = own;
      for (let dj = -1; dj <= 1; dj += 1) {
        for (let di = -1; di <= 1; di += 1) {
          const label = labels[offset + (j + dj) * ni + i + di]!;
          votes[label]! += 1;
          // A tie keeps the voxel's own label.
          if (votes[label]! > votes[best]!) best = label;
        }
      }
      result[offset + j * ni + i] = votes[best]! > votes[own]! ? best : own;
    }
  }
  return result;
}
