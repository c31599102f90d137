/** The only file that knows plotly.js. Figures are built by the server; colours are the page's. */

import { react, relayout, restyle, type PlotlyElement } from "plotly.js-cartesian-dist-min";
import { snapToBins, type Range } from "./brush";

export interface Figure {
  readonly data: readonly Record<string, unknown>[];
  readonly layout: Record<string, unknown>;
}

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
  return {
    ...layout,
    autosize: true,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("--text") },
    hoverlabel: { font: { family: getComputedStyle(document.body).fontFamily, size: 12 } },
    xaxis: axisTheme(layout["xaxis"]),
    yaxis: axisTheme(layout["yaxis"]),
    shapes: shapes.map((shape) => ({
      ...shape,
      line: { ...(shape["line"] as object), color: colour("--text") },
    })),
    newselection: { line: { color: colour("--text"), width: 1 } },
    activeselection: { fillcolor: BRUSHED, opacity: 0.12 },
  };
}

/** The bin edges of a histogram figure, from the [low, high] pairs that the bars carry. */
export function binEdges(figure: Figure): number[] {
  const pairs = (figure.data[0]?.["customdata"] ?? []) as [number, number][];
  return pairs.length > 0 ? [...pairs.map((pair) => pair[0]), pairs.at(-1)![1]] : [];
}

export class HistogramChart {
  private figure: Figure | undefined;
  private listening = false;
  private lastBrush = "";

  constructor(
    private readonly element: HTMLElement,
    private readonly onBrush: (range: Range | null) => void,
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
    const traces = this.figure.data.map((trace) => ({
      ...trace,
      marker: { color: colour("--accent"), line: { width: 0 } },
      selected: { marker: { opacity: 1 } },
      unselected: { marker: { opacity: 1 } },
    }));
    const drawn = await react(this.element, traces, themed(this.figure.layout), CONFIG);
    if (!this.listening) this.listen(drawn);
  }

  private listen(drawn: PlotlyElement): void {
    this.listening = true;
    const report = (event: unknown): void => {
      const range = (event as { range?: { x?: [number, number] } } | undefined)?.range?.x;
      if (!range || !this.figure) return;
      const [low, high] = range[0] <= range[1] ? range : [range[1], range[0]];
      this.brush({ low, high });
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
  brush(wanted: Range | null): void {
    if (!this.figure) return;
    const edges = binEdges(this.figure);
    const range = wanted && edges.length > 1 ? snapToBins(wanted, edges) : null;
    const name = range ? `${range.low} ${range.high}` : "";
    if (name === this.lastBrush) return;
    this.lastBrush = name;
    const inside = (bin: number): boolean =>
      range !== null && edges[bin]! >= range.low - 1e-9 && edges[bin + 1]! <= range.high + 1e-9;
    const colours = edges.slice(0, -1).map((_, bin) => (inside(bin) ? BRUSHED : colour("--accent")));
    void restyle(this.element, { "marker.color": [colours] }, [0]);
    this.onBrush(range);
  }

  async clear(): Promise<void> {
    await relayout(this.element, { selections: [] });
    this.brush(null);
  }
}
