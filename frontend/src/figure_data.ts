/** Figures as the server sends them; nothing here needs plotly.js. */

import type { Range } from "./brush";

export interface Figure {
  readonly data: readonly Record<string, unknown>[];
  readonly layout: Record<string, unknown>;
}

/** What the server says about a figure beside its drawing. */
export interface FigureMeta {
  readonly region: string;
  readonly quantity?: string;
  readonly quantities?: readonly [string, string];
  readonly edges: number[];
  readonly counts?: number[];
  readonly y_edges?: number[];
  readonly table?: number[][];
  readonly beyond: string;
}

export function metaOf(figure: Figure): FigureMeta {
  return figure.layout["meta"] as FigureMeta;
}

/** What is brushed: a range of the quantity, and of a second one in a density plot. */
export interface Brush {
  readonly x: Range;
  readonly y?: Range;
}
