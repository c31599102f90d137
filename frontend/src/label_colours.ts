/** Colours of the segments as a table by label: index 0 is see-through. */

import type { Region } from "./report_data";

export interface LabelTable {
  R: number[];
  G: number[];
  B: number[];
  A: number[];
  I: number[];
  labels: string[];
}

function hexRgb(colour: string): [number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** Return the table; with `shown` all labels but that one are see-through. */
export function labelColours(regions: readonly Region[], shown: number): LabelTable {
  const size = Math.max(...regions.map((r) => (r.label < 255 ? r.label : 0))) + 1;
  const channel = (n: 0 | 1 | 2): number[] => {
    const values = new Array<number>(size).fill(0);
    for (const region of regions) if (region.label < size) values[region.label] = hexRgb(region.colour)[n];
    return values;
  };
  const alpha = Array.from({ length: size }, (_, label) =>
    label > 0 && (shown === 0 || label === shown) ? 255 : 0,
  );
  const labels = Array.from({ length: size }, (_, label) => String(label));
  return { R: channel(0), G: channel(1), B: channel(2), A: alpha, I: labels.map(Number), labels };
}
