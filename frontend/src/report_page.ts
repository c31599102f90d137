/**
 * The report. The numbers are in the page before this runs; viewer and charts are loaded after,
 * each on its own, so that a fault of one takes nothing else away.
 */

import "../styles/report.css";
import { keys } from "./keyboard";
import { printInLight } from "./print_theme";
import { offerEditor } from "./offer_editor";
import { byId, debounce, delay, idle, pageData, painted, requestJson, shown } from "./page";
import { labelOf, type ViewerData } from "./report_data";
import { Distribution, type Layout, type Shape } from "./report_distribution";
import { ImagePanel } from "./report_images";
import { asText, makeSortable } from "./table_sort";
import { translated } from "./words";
import type { LiverViewer, View } from "./viewer";
import { fetchFirst, type FirstVolumes } from "./viewer_volumes";

interface VoxelReading {
  readonly key: string;
  readonly region: string;
  readonly values: readonly { readonly key: string; readonly text: string; readonly error: string }[];
}

/** How long the figure waits for the images. */
const FIGURE_WAIT_MS = 3000;
const LAYOUTS: readonly Layout[] = ["one", "overlay", "multiples"];

function on(selector: string, act: (element: HTMLElement) => void): void {
  for (const element of document.querySelectorAll<HTMLElement>(selector)) {
    element.addEventListener("click", () => act(element));
  }
}

function next<T>(list: readonly T[], current: T): T {
  return list[(list.indexOf(current) + 1) % list.length]!;
}

async function copyTable(): Promise<void> {
  await navigator.clipboard.writeText(asText(byId<HTMLTableElement>("segments")));
  byId("table-status").textContent = translated("Copied.");
}

/** All that needs the images; `reading` is the voxel under the crosshair. */
class ReportPage {
  private readonly images: ImagePanel;
  private readonly distribution: Distribution;
  private viewer: LiverViewer | undefined;
  private layout: Layout = "one";
  private shape: Shape = "bins";
  private reading: VoxelReading | undefined;

  constructor(private readonly data: ViewerData) {
    this.images = new ImagePanel(data);
    this.distribution = new Distribution(data);
  }

  async start(): Promise<void> {
    this.wire();
    this.addKeys();
    await painted();
    const viewer = this.startViewer(fetchFirst(this.data));
    offerEditor(viewer.then(() => this.viewer), { label: "Correct the mask" });
    void viewer.then(() => this.offerRois());
    // One after the other: together they would both be late. A slow line is not waited for.
    await Promise.race([viewer.then(idle), delay(FIGURE_WAIT_MS)]);
    await this.distribution.start().catch((error: unknown) => {
      console.error(error);
      byId("brush-status").textContent = translated("The figure could not be drawn; the table has the numbers.");
    });
    await viewer;
    if (!this.viewer) return;
    this.viewer.tellVoxel();
    await this.distribution.prepare();
    this.distribution.lightAgain();
  }

  private async startViewer(volumes: Promise<FirstVolumes>): Promise<void> {
    const module = await import("./viewer");
    const canvas = byId<HTMLCanvasElement>("viewer-canvas");
    if (!module.hasWebGl(canvas)) {
      return this.noViewer(translated("This browser has no WebGL, so there is no viewer."));
    }
    try {
      this.viewer = await module.LiverViewer.open(canvas, this.data, volumes);
    } catch (error) {
      console.error(error);
      return this.noViewer(translated("The viewer could not start."));
    }
    const { viewer } = this;
    this.images.viewer = viewer;
    this.distribution.viewer = viewer;
    viewer.onVoxel(debounce((voxel: readonly [number, number, number]) => void this.read(voxel), 60));
    await shown();
    byId("viewer").dataset["ready"] = "true";
  }

  private noViewer(why: string): void {
    byId("viewer").classList.add("pictures-only");
    byId("viewer-fault").textContent = `${why} ${translated("The pictures below show the same maps.")}`;
    byId("viewer-fault").hidden = false;
    byId<HTMLDetailsElement>("pictures").open = true;
  }

  private async offerRois(): Promise<void> {
    if (this.viewer) (await import("./report_rois")).openRois(this.viewer);
  }

  private async read([i, j, k]: readonly [number, number, number]): Promise<void> {
    const query = new URLSearchParams({ i: String(i), j: String(j), k: String(k) });
    this.reading = await requestJson<VoxelReading>(`${this.data.voxel_url}?${query}`);
    const parts = this.reading.values.map((v) => `${v.key} ${v.text}${v.error ? ` ± ${v.error}` : ""}`);
    byId("read-out").textContent = [this.reading.region, ...parts].join("  ·  ");
  }

  private async chooseRegion(key: string): Promise<void> {
    if (!this.data.regions.some((region) => region.key === key)) return;
    for (const row of document.querySelectorAll<HTMLTableRowElement>("#segments tbody tr")) {
      row.setAttribute("aria-current", String(row.dataset["region"] === key));
    }
    for (const shape of document.querySelectorAll<SVGElement>(".diagram polygon")) {
      shape.classList.toggle("chosen", shape.dataset["chooseRegion"] === key);
    }
    this.viewer?.setRegion(labelOf(this.data.regions, key));
    this.layout = "one";
    await this.distribution.setLayout("one");
    await this.distribution.setRegion(key);
  }

  private chooseUnderCrosshair(): void {
    if (this.reading?.key) void this.chooseRegion(this.reading.key);
  }

  private setLayout(layout: Layout): void {
    this.layout = layout;
    void this.distribution.setLayout(layout);
  }

  private setShape(shape: Shape): void {
    this.shape = shape;
    void this.distribution.setShape(shape);
  }

  private wire(): void {
    on("[data-map]", (button) => void this.images.chooseMap(button.dataset["map"] ?? ""));
    on("[data-view]", (button) => this.images.chooseView(button.dataset["view"] as View));
    on("[data-zoom]", (button) => this.images.zoom(Number(button.dataset["zoom"])));
    on("[data-histogram]", (button) => void this.distribution.choose(button.dataset["histogram"] ?? ""));
    on("[data-shape]", (button) => this.setShape(button.dataset["shape"] as Shape));
    on("[data-layout]", (button) => this.setLayout(button.dataset["layout"] as Layout));
    on("#brush-clear", () => void this.distribution.clear());
    // On the document: the table is replaced while a mask is corrected.
    document.addEventListener("click", (event) => {
      const chosen = (event.target as Element).closest<HTMLElement | SVGElement>("[data-choose-region]");
      if (chosen) void this.chooseRegion(chosen.dataset["chooseRegion"] ?? "");
    });
    byId("viewer-canvas").addEventListener("dblclick", () => this.chooseUnderCrosshair());
    byId("brush-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const low = byId<HTMLInputElement>("brush-low").valueAsNumber;
      const high = byId<HTMLInputElement>("brush-high").valueAsNumber;
      if (high > low) this.distribution.brush({ low, high });
    });
  }

  private addKeys(): void {
    const { images, distribution } = this;
    const view = (id: View, label: string, key: string) => ({ id, label, key, run: () => images.chooseView(id) });
    keys().add(
      view("axial", translated("Axial"), "a"),
      view("coronal", translated("Coronal"), "c"),
      view("sagittal", translated("Sagittal"), "s"),
      view("planes", translated("Three planes"), "m"),
      view("volume", translated("Segments in 3-D"), "v"),
      { id: "map", label: "Next map", key: "p", run: () => void images.nextMap() },
      { id: "outlines", label: "Outlines of segments", key: "o", run: () => images.toggleOutlines() },
      { id: "less", label: "Map fainter", key: "[", run: () => images.changeOpacity(-10) },
      { id: "more", label: "Map stronger", key: "]", run: () => images.changeOpacity(10) },
      { id: "darker", label: "Anatomy darker", key: "{", run: () => images.changeWindow(-5) },
      { id: "brighter", label: "Anatomy brighter", key: "}", run: () => images.changeWindow(5) },
      { id: "larger", label: "Zoom in", key: "+", run: () => images.zoom(1) },
      { id: "smaller", label: "Zoom out", key: "-", run: () => images.zoom(-1) },
      { id: "whole", label: "Whole image", key: "=", run: () => images.zoom(0) },
      { id: "up", label: "Next slice", key: "ArrowUp", run: () => this.viewer?.scroll(1) },
      { id: "down", label: "Previous slice", key: "ArrowDown", run: () => this.viewer?.scroll(-1) },
      { id: "here", label: "Segment under the crosshair", key: "Enter", run: () => this.chooseUnderCrosshair() },
      {
        id: "histogram",
        label: "Next distribution",
        key: "h",
        run: () => void distribution.choose(next(distribution.choices, distribution.quantity)),
      },
      { id: "shape", label: "Bars or curve", key: "k", run: () => this.setShape(this.shape === "bins" ? "curve" : "bins") },
      { id: "layout", label: "One, overlaid, side by side", key: "l", run: () => this.setLayout(next(LAYOUTS, this.layout)) },
      { id: "unbrush", label: "Take the brush away", key: "Escape", run: () => void distribution.clear() },
      ...this.data.regions.map((region, n) => ({
        id: `region-${region.key}`,
        label: translated("Show %(name)s", { name: region.name }),
        key: String(n),
        run: () => void this.chooseRegion(region.key),
      })),
    );
  }
}

makeSortable(byId<HTMLTableElement>("segments"));
printInLight();
on("#copy-table", () => void copyTable());
on("#print", () => window.print());
keys().add(
  { id: "copy", label: "Copy the table as text", key: "t", run: () => void copyTable() },
  { id: "print", label: "Print", key: "P", run: () => window.print() },
  { id: "pdf", label: "Open the PDF", key: "D", run: () => document.getElementById("pdf")?.click() },
  { id: "impression", label: "Write the impression", key: "w", run: () => document.getElementById("impression")?.focus() },
  { id: "sign", label: "To the signature", key: "S", run: () => document.getElementById("sign-password")?.focus() },
  { id: "list", label: "Back to the work list", key: "W", run: () => window.location.assign("/") },
);
if (document.getElementById("viewer-data")) {
  void new ReportPage(pageData<ViewerData>("viewer-data")).start();
}
