/** From a brushed part of a histogram to the voxels that are in it. */

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Widen a brushed range to whole bins, so that the voxels lit are exactly those counted. */
export function snapToBins(range: Range, edges: readonly number[]): Range {
  const below = edges.filter((edge) => edge <= range.low + 1e-9).at(-1) ?? edges[0]!;
  const above = edges.find((edge) => edge >= range.high - 1e-9) ?? edges.at(-1)!;
  return { low: below, high: above };
}

/** Voxels counted in the bins from `range.low` to `range.high`. */
export function countInBins(
  range: Range,
  edges: readonly number[],
  counts: readonly number[],
): number {
  return counts.reduce(
    (sum, n, bin) =>
      edges[bin]! >= range.low - 1e-9 && edges[bin + 1]! <= range.high + 1e-9 ? sum + n : sum,
    0,
  );
}

/**
 * Mark the voxels of `region` (0 = whole liver, else a segment label) with low <= value < high.
 * Voxels without a value (NaN) are never marked. The last bin includes its upper edge.
 */
export function markVoxels(
  values: ArrayLike<number>,
  labels: ArrayLike<number>,
  region: number,
  range: Range,
  includeHigh: boolean,
): { marked: Uint8Array; count: number } {
  const marked = new Uint8Array(values.length);
  let count = 0;
  for (let n = 0; n < marked.length; n += 1) {
    const label = labels[n]!;
    if (label === 0 || (region !== 0 && label !== region)) continue;
    const value = values[n]!;
    if (value >= range.low && (value < range.high || (includeHigh && value === range.high))) {
      marked[n] = 1;
      count += 1;
    }
  }
  return { marked, count };
}

/** Label voxels that touch another label within one plane: the outline drawn on that plane. */
export function outline(
  labels: ArrayLike<number>,
  shape: readonly [number, number, number],
  across: 0 | 1 | 2,
): Uint8Array {
  const [ni, nj, nk] = shape;
  const steps = [1, ni, ni * nj].filter((_, axis) => axis !== across);
  const lines = new Uint8Array(ni * nj * nk);
  for (let n = 0; n < lines.length; n += 1) {
    const label = labels[n]!;
    if (label === 0) continue;
    if (steps.some((step) => labels[n - step] !== label || labels[n + step] !== label)) lines[n] = label;
  }
  return lines;
}
