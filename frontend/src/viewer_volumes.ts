/**
 * The volumes of a report as the server sends them: NIfTI-1, gzipped, little-endian, in RAS order
 * on one grid, without a scaling. Knows nothing of NiiVue, so that fetching starts before it is here.
 */

import { request } from "./page";
import type { ViewerData } from "./report_data";

export type Voxels = Uint8Array | Int16Array | Float32Array;

/** The files that the first picture needs, unpacked. */
export interface FirstVolumes {
  readonly anatomy: ArrayBuffer;
  readonly segments: ArrayBuffer;
  readonly map: ArrayBuffer | undefined;
}

const DIMENSIONS_AT = 42;
const DATATYPE_AT = 70;
const VOXELS_AT = 108;
const UINT8 = 2;
const INT16 = 4;
const FLOAT32 = 16;

export async function fetchVolume(url: string): Promise<ArrayBuffer> {
  const packed = (await request(url)).body;
  if (!packed) throw new Error(`${url} is empty`);
  return new Response(packed.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/** Fetch what the first picture needs; a fault is told to whoever waits for the result. */
export function fetchFirst(data: ViewerData): Promise<FirstVolumes> {
  const first = data.maps[0];
  const all = Promise.all([
    fetchVolume(data.anatomy_url),
    fetchVolume(data.segments_url),
    first ? fetchVolume(first.url) : undefined,
  ]).then(([anatomy, segments, map]) => ({ anatomy, segments, map }));
  all.catch(() => undefined);
  return all;
}

/** The voxels of a file, without copying them. */
export function voxelsOf(file: ArrayBuffer): Voxels {
  const header = new DataView(file);
  const count = shapeOf(file).reduce((product, n) => product * n, 1);
  const start = header.getFloat32(VOXELS_AT, true);
  const datatype = header.getInt16(DATATYPE_AT, true);
  if (datatype === UINT8) return new Uint8Array(file, start, count);
  if (datatype === INT16) return new Int16Array(file, start, count);
  if (datatype === FLOAT32) return new Float32Array(file, start, count);
  throw new Error(`NIfTI data type ${datatype} is not shown`);
}

export function shapeOf(file: ArrayBuffer): [number, number, number] {
  const header = new DataView(file);
  const size = (axis: number): number => header.getInt16(DIMENSIONS_AT + 2 * axis, true);
  return [size(0), size(1), size(2)];
}
