/** NiiVue's drawing layer: one closed line, and the pen on the labels. Used by `viewer.ts` only. */

import type { Niivue } from "@niivue/niivue";

/** Let the reader draw one closed line on an empty layer; `done` gets the voxels inside it. */
export function drawOneRegion(nv: Niivue, length: number, done: (voxels: number[]) => void): void {
  nv.overlayAlphaShader = 0.35;
  startDrawing(nv, new Uint8Array(length));
  nv.opts.penSize = 1;
  nv.setPenValue(1, true);
  const finish = (): void => {
    setTimeout(() => {
      nv.setDrawingEnabled(false);
      const drawn = nv.drawBitmap ?? new Uint8Array();
      done([...drawn.keys()].filter((n) => drawn[n] !== 0));
    });
  };
  nv.canvas?.addEventListener("mouseup", finish, { once: true });
  nv.canvas?.addEventListener("touchend", finish, { once: true });
}

/** Draw on `layer`, from which an undo does not go back further. */
export function startDrawing(nv: Niivue, layer: Uint8Array): void {
  if (!nv.drawBitmap) nv.createEmptyDrawing();
  nv.drawBitmap = layer;
  nv.drawClearAllUndoBitmaps();
  nv.drawAddUndoBitmap();
  nv.setDrawingEnabled(true);
}

/** Show `marked` voxels; NiiVue draws them below the maps, so these fade while there are any. */
export function markLayer(nv: Niivue, marked: Uint8Array): void {
  if (!nv.drawBitmap) nv.createEmptyDrawing();
  nv.overlayAlphaShader = 0.35;
  nv.drawBitmap = marked;
  nv.refreshDrawing(true, false);
}
