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

/** A condition on one map: low <= value < high, or <= high where the last bin is included. */
export interface Condition {
  readonly values: ArrayLike<number>;
  readonly range: Range;
  readonly includeHigh: boolean;
}

function holds({ values, range, includeHigh }: Condition, n: number): boolean {
  const value = values[n]!;
  return value >= range.low && (value < range.high || (includeHigh && value === range.high));
}

/**
 * Mark the voxels of `region` (0 = whole liver, else a segment label) for which all conditions hold.
 * Only the voxels `liver` are looked at; those without a value (NaN) are never marked.
 */
export function markVoxels(
  conditions: readonly Condition[],
  labels: ArrayLike<number>,
  region: number,
  liver: ArrayLike<number>,
): { marked: Uint8Array; count: number } {
  const marked = new Uint8Array(labels.length);
  let count = 0;
  for (let place = 0; place < liver.length; place += 1) {
    const n = liver[place]!;
    if (region !== 0 && labels[n] !== region) continue;
    if (!conditions.every((condition) => holds(condition, n))) continue;
    marked[n] = 1;
    count += 1;
  }
  return { marked, count };
}

/** Voxels counted in the cells of a two-dimensional histogram that lie in both ranges. */
export function countInTable(
  ranges: readonly [Range, Range],
  edges: readonly [readonly number[], readonly number[]],
  table: readonly (readonly number[])[],
): number {
  return table.reduce(
    (sum, row, bin) =>
      edges[0][bin]! >= ranges[0].low - 1e-9 && edges[0][bin + 1]! <= ranges[0].high + 1e-9
        ? sum + countInBins(ranges[1], edges[1], row)
        : sum,
    0,
  );
}
