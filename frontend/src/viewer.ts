/**
 * With `viewer_options.ts`, `viewer_textures.ts` and `viewer_drawing.ts` the only file that knows NiiVue.
 * Anatomy, one map over it, outlines of the segments, and the voxels of a brushed histogram. All
 * volumes come from the server on one grid, in RAS order. Numbers shown to readers never come from
 * here: a GPU texture is not a measurement.
 */

import { cmapper, NVImage } from "@niivue/niivue";
import { markVoxels, type Condition, type Range } from "./brush";
import { labelColours } from "./label_colours";
import { indicesOf, middleOf } from "./label_places";
import { smoothSlice } from "./mask_smoothing";
import type { ViewerData } from "./report_data";
import { drawOneRegion, markLayer, startDrawing } from "./viewer_drawing";
import { paintOutlines, paintSolid } from "./viewer_layers";
import { ViewerMaps } from "./viewer_maps";
import { ACROSS, newNiivue, SLICE_TYPES, type View } from "./viewer_options";
import type { LayeredNiivue } from "./viewer_textures";
import { fetchFirst, shapeOf, voxelsOf, type FirstVolumes } from "./viewer_volumes";

export type { View };

/** Of brushed voxels: magenta lies on none of the scales. */
const LIT = { R: [0, 255], G: [0, 64], B: [0, 224], A: [0, 255], I: [0, 1], labels: ["", "lit"] };

export interface LitRange {
  readonly quantity: string;
  readonly range: Range;
  readonly includeHigh: boolean;
}

/** NiiVue gets the same context again: a second one would be made for nothing. */
export function hasWebGl(canvas: HTMLCanvasElement): boolean {
  return canvas.getContext("webgl2", { alpha: true, antialias: false }) !== null;
}

export class LiverViewer {
  private readonly maps: ViewerMaps;
  private view: View = "axial";
  private outlinesOn = true;
  private region = 0;
  private opacity = 0.7;
  private labels: Uint8Array = new Uint8Array();
  private liver: Uint32Array = new Uint32Array();
  private shape: [number, number, number] = [0, 0, 0];
  private anatomy!: NVImage;
  private anatomyTop = 1;
  private isEditing = false;
  private isDrawing = false;
  private onStroke: () => void = () => undefined;
  private readonly nv: LayeredNiivue = newNiivue();

  private constructor(private readonly data: ViewerData) {
    this.maps = new ViewerMaps(data.maps);
  }

  /** Show anatomy, segments and the first map, and stand at the middle of the liver. */
  static async open(
    canvas: HTMLCanvasElement,
    data: ViewerData,
    volumes: Promise<FirstVolumes> = fetchFirst(data),
  ): Promise<LiverViewer> {
    const viewer = new LiverViewer(data);
    await viewer.nv.inOnePicture(async () => {
      await viewer.nv.attachToCanvas(canvas, false);
      await viewer.addBase(await volumes);
      viewer.nv.setRenderAzimuthElevation(200, 15); // from the front, a little from the right
      viewer.centreOn(0);
    });
    return viewer;
  }

  private async addBase(volumes: FirstVolumes): Promise<void> {
    const first = this.data.maps[0];
    this.anatomy = await NVImage.loadFromUrl({ url: volumes.anatomy, name: "anatomy.nii", colormap: "gray" });
    this.anatomyTop = this.anatomy.global_max ?? this.anatomy.cal_max ?? 1;
    this.shape = shapeOf(volumes.segments);
    this.labels = Uint8Array.from(voxelsOf(volumes.segments));
    this.liver = indicesOf(this.labels);
    if (first && volumes.map) this.maps.add(first, volumes.map);
    // NiiVue takes a table as well as a name; its types know the name only.
    this.nv.drawLut = cmapper.makeDrawLut(LIT as unknown as string);
    this.nv.setDrawOpacity(0.9);
    if (!(this.anatomy.img instanceof Int16Array)) throw new Error("the anatomy is not of 16-bit integers");
    this.nv.setAnatomy(this.anatomy);
    await this.showMap(first?.key ?? "");
  }

  /** Lay the map `key` over the anatomy; an empty key shows the anatomy alone. */
  async showMap(key: string): Promise<void> {
    await this.maps.show(key);
    this.paint();
  }

  /** Hide what lies outside a range of values; null shows all again. */
  setThreshold(threshold: Range | null): void {
    this.maps.setThreshold(threshold);
    this.paint();
  }

  /** Window of the anatomical image: the part of its range that is white, 0 to 1. */
  setWindow(white: number): void {
    this.anatomy.cal_max = Math.max(white, 0.02) * this.anatomyTop;
    this.nv.updateGLVolume();
  }

  setZoom(zoom: number): void {
    const [x, y, z] = this.nv.scene.pan2Dxyzmm as unknown as number[];
    this.nv.setPan2Dxyzmm(zoom === 1 ? [0, 0, 0, 1] : [x!, y!, z!, zoom]);
  }

  get zoom(): number {
    return (this.nv.scene.pan2Dxyzmm as unknown as number[])[3] ?? 1;
  }

  setRange(low: number, high: number): void {
    if (!(high > low)) return;
    this.maps.setRange({ low, high });
    this.paint();
  }

  setOpacity(opacity: number): void {
    this.opacity = opacity;
    this.paint();
  }

  setOutlines(on: boolean): void {
    this.outlinesOn = on;
    this.paint();
  }

  /** Draw the outline of one segment only; 0 draws all. */
  setRegion(label: number): void {
    this.region = label;
    this.paint();
    if (label > 0 && this.view !== "volume") this.centreOn(label);
  }

  setView(view: View): void {
    this.view = view;
    this.nv.opts.sliceType = SLICE_TYPES[view];
    this.nv.scene.volScaleMultiplier = view === "volume" ? 1.7 : 1;
    const opacity = view === "volume" ? 0 : 1;
    if (opacity !== this.anatomy.opacity) {
      this.anatomy.opacity = opacity;
      this.nv.updateGLVolume();
    }
    this.paint();
  }

  /** Paint what lies over the anatomy: the map and the outlines, or whole segments in 3-D. */
  private paint(): void {
    const { labels, shape, liver, view } = this;
    const colours = labelColours(this.data.regions, this.region);
    this.nv.paintOverlay((out) => {
      if (view === "volume") return paintSolid(out, labels, shape, liver, colours);
      if (this.isEditing) return;
      this.maps.paint(out, this.opacity);
      if (this.outlinesOn) paintOutlines(out, labels, shape, ACROSS[view], liver, colours);
    });
  }

  /** Move the crosshair to the middle of a segment (0: of the liver). */
  private centreOn(label: number): void {
    const middle = middleOf(this.labels, this.shape, label);
    if (middle) this.goTo(middle);
  }

  goTo(voxel: readonly [number, number, number]): void {
    this.nv.scene.crosshairPos = this.nv.vox2frac([...voxel]);
    this.nv.drawScene();
    this.nv.createOnLocationChange();
  }

  /** The voxel under the crosshair. */
  get voxel(): [number, number, number] {
    const [i, j, k] = this.nv.frac2vox(this.nv.scene.crosshairPos) as unknown as number[];
    return [Math.round(i!), Math.round(j!), Math.round(k!)];
  }

  /**
   * Light up the voxels of a region (0: the liver) for which all conditions hold. Returns how many
   * were lit, or null when a map is not loaded yet.
   */
  light(region: number, wanted: readonly LitRange[]): number | null {
    if (this.isBusy) return null;
    const conditions: Condition[] = [];
    for (const { quantity, range, includeHigh } of wanted) {
      const map = this.maps.get(quantity);
      if (!map) return null;
      conditions.push({ values: map.values, range, includeHigh });
    }
    const { marked, count } = markVoxels(conditions, this.labels, region, this.liver);
    markLayer(this.nv, marked);
    return count;
  }

  /** Light up single voxels, such as those of drawn regions. */
  lightVoxels(voxels: readonly number[]): void {
    if (this.isBusy) return;
    const marked = new Uint8Array(this.labels.length);
    for (const n of voxels) marked[n] = 1;
    markLayer(this.nv, marked);
  }

  /** Let the reader draw one closed line; `done` gets the voxels inside it. */
  drawRegion(done: (voxels: number[]) => void): void {
    this.isDrawing = true;
    drawOneRegion(this.nv, this.labels.length, (voxels) => {
      this.isDrawing = false;
      done(voxels);
    });
  }

  private get isBusy(): boolean {
    return this.isEditing || this.isDrawing;
  }

  // --- correcting the mask ---------------------------------------------------------------------

  /** Show the labels as a drawing that the reader changes; `onStroke` hears each change. */
  startEdit(onStroke: () => void): void {
    this.isEditing = true;
    this.nv.overlayAlphaShader = 1;
    this.nv.drawLut = cmapper.makeDrawLut(labelColours(this.data.regions, 0) as unknown as string);
    this.nv.setDrawOpacity(0.45);
    startDrawing(this.nv, this.labels.slice());
    this.onStroke = () => setTimeout(onStroke);
    this.nv.canvas?.addEventListener("mouseup", this.onStroke);
    this.nv.canvas?.addEventListener("touchend", this.onStroke);
    this.paint();
  }

  /** Paint with `label` (0 erases); an outline drawn with `fill` is filled when it is closed. */
  setPen(label: number, size: number, fill: boolean): void {
    this.nv.opts.penSize = size;
    this.nv.setPenValue(label, fill);
  }

  undo(): void {
    this.nv.drawUndo();
  }

  smooth(): void {
    const k = this.voxel[2];
    this.nv.drawBitmap = smoothSlice(this.editedLabels, this.shape, k);
    this.nv.drawAddUndoBitmap();
    this.nv.refreshDrawing(true, false);
  }

  /** One byte a voxel, i fastest, along right, anterior, superior. */
  get editedLabels(): Uint8Array {
    return this.nv.drawBitmap ?? this.labels;
  }

  /** The labels of this version as the server has them. */
  get storedLabels(): Uint8Array {
    return this.labels;
  }

  async prepare(quantity: string): Promise<void> {
    await this.maps.load(quantity);
  }

  dim(): void {
    if (this.isBusy || !this.nv.drawBitmap) return;
    this.nv.overlayAlphaShader = 1;
    this.nv.drawBitmap.fill(0);
    this.nv.refreshDrawing(true, false);
  }

  scroll(slices: number): void {
    const across = ACROSS[this.view];
    const step: [number, number, number] = [0, 0, 0];
    step[across] = slices;
    this.nv.moveCrosshairInVox(...step);
  }

  /** Call `listener` with the voxel (i, j, k) under the crosshair whenever it moves. */
  onVoxel(listener: (voxel: readonly [number, number, number]) => void): void {
    this.nv.onLocationChange = (location) => {
      const [i, j, k] = (location as { vox: ArrayLike<number> }).vox as unknown as number[];
      listener([i!, j!, k!]);
    };
  }

  /** Tell the listener where the crosshair is now. */
  tellVoxel(): void {
    this.nv.createOnLocationChange();
  }
}
