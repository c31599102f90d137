/** The panel of distributions: one histogram, curves, all segments, or fat against iron. */

import { countInBins, countInTable, type Range } from "./brush";
import type { HistogramChart } from "./charts";
import { metaOf, type Brush, type Figure } from "./figure_data";
import { count } from "./numbers";
import { byId, press, requestJson } from "./page";
import { labelOf, WHOLE_LIVER, type ViewerData } from "./report_data";
import { translated } from "./words";
import type { LiverViewer, LitRange } from "./viewer";

export const DENSITY = "density";

export type Shape = "bins" | "curve";
export type Layout = "one" | "overlay" | "multiples";

export class Distribution {
  viewer: LiverViewer | undefined;
  region = WHOLE_LIVER;
  quantity: string;
  private shape: Shape = "bins";
  private layout: Layout = "one";
  private figure: Figure | undefined;
  private brushed: Brush | null = null;
  private chart: HistogramChart | undefined;

  constructor(private readonly data: ViewerData) {
    this.quantity = data.maps.find((map) => map.histogram)?.key ?? "";
  }

  /** What can be chosen: quantities with a histogram, and fat against iron. */
  get choices(): string[] {
    const keys = this.data.maps.filter((map) => map.histogram).map((map) => map.key);
    return this.data.density_url ? [...keys, DENSITY] : keys;
  }

  async start(): Promise<void> {
    const { HistogramChart } = await import("./charts");
    this.chart = new HistogramChart(byId("histogram"), (brush) => this.light(brush));
    await this.show();
  }

  async choose(quantity: string): Promise<void> {
    this.quantity = quantity;
    await this.prepare();
    await this.show();
  }

  async setShape(shape: Shape): Promise<void> {
    this.shape = shape;
    await this.show();
  }

  async setLayout(layout: Layout): Promise<void> {
    this.layout = layout;
    await this.show();
  }

  async setRegion(region: string): Promise<void> {
    this.region = region;
    if (this.layout !== "one") this.layout = "one";
    await this.show();
  }

  /** Load the maps that a brush of this figure needs. */
  async prepare(): Promise<void> {
    const keys = this.quantity === DENSITY ? this.choices.slice(0, -1) : [this.quantity];
    for (const key of keys) await this.viewer?.prepare(key);
  }

  /** A brush drawn before the viewer was there lights up when it is. */
  lightAgain(): void {
    if (this.brushed) this.light(this.brushed);
  }

  async clear(): Promise<void> {
    await this.chart?.clear();
  }

  brush(range: Range): void {
    this.chart?.brush(range);
  }

  async show(): Promise<void> {
    if (!this.chart || !this.quantity) return;
    this.figure = await requestJson<Figure>(this.url);
    await this.chart.show(this.figure);
    byId("histogram-region").textContent = this.regionName;
    byId("histogram-beyond").textContent = metaOf(this.figure).beyond;
    this.light(null);
    press("[data-histogram]", (button) => button.dataset["histogram"] === this.quantity);
    press("[data-shape]", (button) => button.dataset["shape"] === this.shape);
    press("[data-layout]", (button) => button.dataset["layout"] === this.layout);
    byId("histogram").classList.toggle("tall", this.layout === "multiples");
    byId("histogram-kind").hidden = this.quantity === DENSITY;
  }

  private get url(): string {
    const region = this.layout === "one" ? this.region : WHOLE_LIVER;
    if (this.quantity === DENSITY) {
      return `${this.data.density_url}?${new URLSearchParams({ region: this.region })}`;
    }
    const { quantity, shape, layout } = this;
    return `${this.data.histogram_url}?${new URLSearchParams({ quantity, region, shape, layout })}`;
  }

  private get regionName(): string {
    if (this.layout !== "one" && this.quantity !== DENSITY) return translated("all segments");
    if (this.region === WHOLE_LIVER) return translated("whole liver");
    const name = this.data.regions.find((r) => r.key === this.region)?.name ?? "";
    return translated("segment %(name)s", { name });
  }

  /** Light the brushed voxels and say how many they are, by the server's own counts. */
  private light(brush: Brush | null): void {
    this.brushed = brush;
    const status = byId("brush-status");
    if (!brush || !this.figure) {
      this.viewer?.dim();
      status.textContent = translated("Drag over the figure: the voxels in that range light up in the images.");
      return;
    }
    status.textContent = this.inWords(brush);
    const meta = metaOf(this.figure);
    const label = this.layout === "one" || this.quantity === DENSITY ? labelOf(this.data.regions, this.region) : 0;
    const keys = meta.quantities ?? [meta.quantity ?? this.quantity];
    const ranges = brush.y ? [brush.x, brush.y] : [brush.x];
    const edges = [meta.edges, meta.y_edges ?? []];
    const wanted: LitRange[] = ranges.map((range, n) => ({
      quantity: keys[n]!,
      range,
      includeHigh: range.high >= (edges[n]!.at(-1) ?? Number.POSITIVE_INFINITY) - 1e-9,
    }));
    byId("viewer").dataset["lit"] = String(this.viewer?.light(label, wanted) ?? "");
  }

  private inWords(brush: Brush): string {
    const meta = metaOf(this.figure!);
    const counts = meta.table?.flat() ?? meta.counts ?? [];
    const all = counts.reduce((sum, n) => sum + n, 0);
    const inside =
      meta.table && brush.y
        ? countInTable([brush.x, brush.y], [meta.edges, meta.y_edges ?? []], meta.table)
        : countInBins(brush.x, meta.edges, meta.counts ?? []);
    const share = all > 0 ? ((100 * inside) / all).toFixed(1) : "0.0";
    const keys = meta.quantities ?? [meta.quantity ?? this.quantity];
    const ranges = [brush.x, ...(brush.y ? [brush.y] : [])].map((range, n) => this.words(range, keys[n]!));
    const words = { ranges: ranges.join(", "), n: count(inside), share };
    if (meta.region === WHOLE_LIVER) {
      return translated("%(ranges)s: %(n)s voxels, %(share)s % of the whole liver.", words);
    }
    const segment = byId("histogram-region").textContent ?? "";
    return translated("%(ranges)s: %(n)s voxels, %(share)s % of %(segment)s.", { ...words, segment });
  }

  private words(range: Range, key: string): string {
    const unit = this.data.maps.find((map) => map.key === key)?.unit ?? "";
    const name = this.quantity === DENSITY ? `${key} ` : "";
    const [low, high] = [Number(range.low.toPrecision(6)), Number(range.high.toPrecision(6))];
    return name + translated("%(low)s to %(high)s %(unit)s", { low, high, unit });
  }
}
