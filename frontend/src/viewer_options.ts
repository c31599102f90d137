/** How NiiVue is set up: conventions and planes. Used by `viewer.ts` only. */

import { DRAG_MODE, SHOW_RENDER, SLICE_TYPE } from "@niivue/niivue";
import { LayeredNiivue } from "./viewer_textures";

export type View = "axial" | "coronal" | "sagittal" | "planes" | "volume";

export const SLICE_TYPES: Record<View, SLICE_TYPE> = {
  axial: SLICE_TYPE.AXIAL,
  coronal: SLICE_TYPE.CORONAL,
  sagittal: SLICE_TYPE.SAGITTAL,
  planes: SLICE_TYPE.MULTIPLANAR,
  volume: SLICE_TYPE.RENDER,
};
/** The axis (0 right, 1 anterior, 2 superior) across the plane whose outlines are drawn. */
export const ACROSS: Record<View, 0 | 1 | 2> = {
  axial: 2,
  coronal: 1,
  sagittal: 0,
  planes: 2,
  volume: 2,
};

/** A NiiVue in radiological convention, without its own keys, bars and dropping of files. */
export function newNiivue(): LayeredNiivue {
  const nv = new LayeredNiivue({
    backColor: [0, 0, 0, 1],
    fontColor: [0.9, 0.9, 0.9, 1],
    crosshairColor: [0.42, 0.75, 0.84, 0.8],
    crosshairWidth: 0.7,
    crosshairWidthUnit: "mm",
    crosshairGap: 8,
    show3Dcrosshair: false,
    isRadiologicalConvention: true,
    isOrientationTextVisible: true,
    isCornerOrientationText: false,
    showAllOrientationMarkers: true,
    fontSizeScaling: 0.5,
    isColorbar: false,
    dragAndDropEnabled: false,
    dragMode: DRAG_MODE.contrast,
    sliceType: SLICE_TYPE.AXIAL,
    multiplanarShowRender: SHOW_RENDER.NEVER,
    multiplanarPadPixels: 4,
    isResizeCanvas: true,
    loadingText: "",
    logLevel: "error",
    viewModeHotKey: "none",
    clipPlaneHotKey: "none",
    cycleClipPlaneHotKey: "none",
  });
  nv.meshShaders = []; // a dozen programs to compile, for meshes that are never shown
  return nv;
}
