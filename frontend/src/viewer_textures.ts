/**
 * NiiVue with textures that are filled here. NiiVue turns and colours each layer slice by slice on
 * the graphics card, and makes a gradient of the anatomy for a light that is never on: seconds
 * where a browser has WebGL in software only. The server's volumes are on one grid in RAS order, so
 * colouring them here and uploading once shows the same in a hundredth of the drawing.
 * Used by `viewer.ts` only.
 */

import { Niivue, type NVImage } from "@niivue/niivue";
import { paintGrey } from "./viewer_layers";

/** WebGL's TEXTURE0 and TEXTURE2, where NiiVue expects anatomy and overlay. */
const ANATOMY_UNIT = 0x84c0;
const OVERLAY_UNIT = 0x84c2;

interface ShownAnatomy {
  readonly image: NVImage;
  readonly opacity: number;
  readonly low: number;
  readonly high: number;
}

/** The same place in space (NiiVue takes it from what is in RAS order), and a file of one voxel. */
function oneVoxelOf(anatomy: NVImage): NVImage {
  const hdr: unknown = Object.create(anatomy.hdr, { dims: { value: [3, 1, 1, 1, 1, 1, 1, 1] } });
  const img = (anatomy.img as Int16Array).slice(0, 1);
  return Object.create(anatomy, { hdr: { value: hdr }, img: { value: img } }) as NVImage;
}

export class LayeredNiivue extends Niivue {
  private isHeld = false;
  private shown: ShownAnatomy | undefined;
  /** One texture's worth of colours, used for one after the other. */
  private colours = new Uint32Array();

  /** Show `anatomy` below the overlay, which is empty until it is painted. */
  setAnatomy(anatomy: NVImage): void {
    this.volumes = [anatomy];
    this.back = anatomy;
    this.overlays = [anatomy]; // NiiVue asks only whether there are any
    this.updateGLVolume();
  }

  /** Let `paint` fill the overlay's voxels (see-through before), and show them. */
  paintOverlay(paint: (out: Uint32Array) => void): void {
    this.colours.fill(0);
    paint(this.colours);
    this.upload(OVERLAY_UNIT, this.overlayTexture);
    this.drawScene();
  }

  /** Called by NiiVue for each layer whenever one has changed, such as the window by dragging. */
  override refreshLayers(anatomy: NVImage, layer: number): void {
    if (layer > 0) return;
    const now = { image: anatomy, opacity: anatomy.opacity, low: anatomy.cal_min ?? 0, high: anatomy.cal_max ?? 1 };
    const before = this.shown;
    this.shown = now;
    if (before?.image !== now.image || before.opacity !== now.opacity) this.measure(anatomy, before?.image !== now.image);
    else if (before.low === now.low && before.high === now.high) return;
    paintGrey(this.colours, anatomy.img as Int16Array, now.low, now.high);
    this.upload(ANATOMY_UNIT, this.volumeTexture);
  }

  /** Let NiiVue take over geometry and opacity, but not draw: its textures are filled here. */
  private measure(anatomy: NVImage, isNew: boolean): void {
    const { gl } = this;
    gl.drawArrays = () => undefined;
    try {
      super.refreshLayers(oneVoxelOf(anatomy), 0);
    } finally {
      Reflect.deleteProperty(gl, "drawArrays");
    }
    if (!isNew) return;
    const dims = anatomy.dimsRAS!;
    this.colours = new Uint32Array(dims[1]! * dims[2]! * dims[3]!);
    this.overlayTexture = this.rgbaTex(this.overlayTexture, OVERLAY_UNIT, dims);
    this.overlayTextureID = this.overlayTexture;
  }

  private upload(unit: number, texture: WebGLTexture | null): void {
    const { gl } = this;
    const [, width, height, depth] = this.shown!.image.dimsRAS!;
    gl.activeTexture(unit);
    gl.bindTexture(gl.TEXTURE_3D, texture);
    const bytes = new Uint8Array(this.colours.buffer);
    gl.texSubImage3D(gl.TEXTURE_3D, 0, 0, 0, 0, width!, height!, depth!, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
  }

  /** Draw nothing before `work` is done, and then once. */
  async inOnePicture(work: () => Promise<void>): Promise<void> {
    this.isHeld = true;
    try {
      await work();
    } finally {
      this.isHeld = false;
      this.drawScene();
    }
  }

  override drawScene(): ReturnType<Niivue["drawScene"]> {
    return this.isHeld ? undefined : super.drawScene();
  }

  /** The picture of a sphere by which meshes are lit; there are none. */
  override loadDefaultMatCap(): Promise<WebGLTexture | null> {
    return Promise.resolve(null);
  }
}
