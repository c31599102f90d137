/** How NiiVue is set up: conventions, planes and colour scales. Used by `viewer.ts` only. */

import { DRAG_MODE, Niivue, SHOW_RENDER, SLICE_TYPE } from "@niivue/niivue";
import { colourTable } from "./colour_scales";

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
export function newNiivue(): Niivue {
  return new Niivue({
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
}

export function addScales(nv: Niivue): void {
  for (const scale of ["viridis", "inferno", "plasma", "cividis", "delta"] as const) {
    const table = colourTable(scale);
    nv.addColormap(`lobule-${scale}`, {
      R: table.map((c) => c[0]),
      G: table.map((c) => c[1]),
      B: table.map((c) => c[2]),
      A: table.map(() => 255),
      I: table.map((_, n) => n),
    });
  }
}
