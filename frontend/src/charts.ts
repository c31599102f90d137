/** The only file that knows plotly.js. Figures are built by the server; colours are the page's. */

import { react, relayout, restyle, type PlotlyElement } from "plotly.js-cartesian-dist-min";
import { snapToBins, type Range } from "./brush";
import { metaOf, type Brush, type Figure } from "./figure_data";

const CONFIG = { displayModeBar: false, responsive: true, doubleClick: false };
const BRUSHED = "#d63ab8";

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function axisTheme(axis: unknown): Record<string, unknown> {
  return {
    ...(axis as Record<string, unknown> | undefined),
    gridcolor: colour("--line"),
    linecolor: colour("--line-strong"),
    zerolinecolor: colour("--line-strong"),
    ticks: "outside",
    tickcolor: colour("--line-strong"),
    showgrid: true,
  };
}

export function themed(layout: Record<string, unknown>): Record<string, unknown> {
  const shapes = (layout["shapes"] as Record<string, unknown>[] | undefined) ?? [];
  const axes = Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name));
  return {
    ...layout,
    ...Object.fromEntries(axes.map((name) => [name, axisTheme(layout[name])])),
    autosize: true,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("--text") },
    hoverlabel: { font: { family: getComputedStyle(document.body).fontFamily, size: 12 } },
    shapes: shapes.map((shape) => ({
      ...shape,
      line: { ...(shape["line"] as object), color: colour("--text") },
    })),
    newselection: { line: { color: colour("--text"), width: 1 } },
    activeselection: { fillcolor: BRUSHED, opacity: 0.12 },
  };
}

type Selected = { range?: Record<string, [number, number]> } | undefined;

function sorted([a, b]: readonly [number, number]): Range {
  return a <= b ? { low: a, high: b } : { low: b, high: a };
}

/** The ranges of a selection; small multiples name their axes x2, y3 and so on. */
export function selectedRanges(event: unknown): { x: Range; y?: Range } | null {
  const ranges = Object.entries((event as Selected)?.range ?? {});
  const x = ranges.find(([name]) => name.startsWith("x"))?.[1];
  const y = ranges.find(([name]) => name.startsWith("y"))?.[1];
  if (!x) return null;
  return y ? { x: sorted(x), y: sorted(y) } : { x: sorted(x) };
}

export class HistogramChart {
  private figure: Figure | undefined;
  private listening = false;
  private lastBrush = "";

  constructor(
    private readonly element: HTMLElement,
    private readonly onBrush: (brush: Brush | null) => void,
  ) {
    document.addEventListener("themechange", () => void this.draw());
  }

  async show(figure: Figure): Promise<void> {
    this.figure = figure;
    this.lastBrush = "";
    await this.draw();
  }

  private async draw(): Promise<void> {
    if (!this.figure) return;
    const traces = this.figure.data.map((trace) => this.coloured(trace));
    const drawn = await react(this.element, traces, themed(this.figure.layout), CONFIG);
    if (!this.listening) this.listen(drawn);
  }

  /** Traces without a colour of their own, such as a segment's, take that of the page. */
  private coloured(trace: Record<string, unknown>): Record<string, unknown> {
    if (trace["type"] === "heatmap") return trace;
    const marker = (trace["marker"] ?? {}) as Record<string, unknown>;
    const line = (trace["line"] ?? {}) as Record<string, unknown>;
    const plain = { selected: { marker: {} }, unselected: { marker: {} } };
    if (trace["type"] === "bar") {
      const opaque = { marker: { opacity: 1 } };
      const bar = { color: colour("--accent"), line: { width: 0 }, ...marker };
      return { ...trace, marker: bar, selected: opaque, unselected: opaque };
    }
    if (trace["mode"] === "markers") return { ...trace, ...plain };
    return { ...trace, line: { color: colour("--accent"), ...line } };
  }

  private listen(drawn: PlotlyElement): void {
    this.listening = true;
    const report = (event: unknown): void => {
      const ranges = selectedRanges(event);
      if (ranges) this.brush(ranges.x, ranges.y);
    };
    drawn.on("plotly_selecting", report);
    drawn.on("plotly_selected", report);
    drawn.on("plotly_deselect", () => this.brush(null));
    drawn.on("plotly_click", (event) => {
      const pair = (event as { points?: { customdata?: [number, number] }[] }).points?.[0]?.customdata;
      if (pair) this.brush({ low: pair[0], high: pair[1] });
    });
  }

  /** Colour the bins that `wanted` touches and tell the page; null takes the brush away. */
  brush(wanted: Range | null, along?: Range): void {
    if (!this.figure) return;
    const { edges, y_edges: yEdges } = metaOf(this.figure);
    const x = wanted && edges.length > 1 ? snapToBins(wanted, edges) : null;
    const y = yEdges ? (along ?? { low: yEdges[0]!, high: yEdges.at(-1)! }) : undefined;
    const brush = x && { x, ...(y && yEdges ? { y: snapToBins(y, yEdges) } : {}) };
    const name = JSON.stringify(brush);
    if (name === this.lastBrush) return;
    this.lastBrush = name;
    if (this.hasBars) this.colourBars(edges, x);
    this.onBrush(brush);
  }

  private get hasBars(): boolean {
    return this.figure?.data.length === 1 && this.figure.data[0]?.["type"] === "bar";
  }

  private colourBars(edges: readonly number[], range: Range | null): void {
    const inside = (bin: number): boolean =>
      range !== null && edges[bin]! >= range.low - 1e-9 && edges[bin + 1]! <= range.high + 1e-9;
    const colours = edges.slice(0, -1).map((_, bin) => (inside(bin) ? BRUSHED : colour("--accent")));
    void restyle(this.element, { "marker.color": [colours] }, [0]);
  }

  async clear(): Promise<void> {
    await relayout(this.element, { selections: [] });
    this.brush(null);
  }
}
