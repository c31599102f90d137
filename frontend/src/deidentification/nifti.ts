/** NIfTI files and their side-cars without anything but numbers and known words; see `nifti.py`. */

import { CannotBeCleaned } from "./cleaning";
import type { Pseudonyms } from "./pseudonyms";
import type { RuleTable, Rules } from "./rules";
import { knownVersion, knownWords } from "./words";

/** What a header keeps, as [first, last + 1] byte; the rest is free text or unused. */
interface Layout {
  readonly headerBytes: number;
  readonly kept: readonly (readonly [number, number])[];
  readonly dim: number;
  readonly dimBytes: 2 | 8;
  readonly bitpix: number;
  readonly offset: (view: DataView, isLittle: boolean) => number;
  readonly setOffset: (view: DataView, isLittle: boolean, value: number) => void;
}

const FIRST: Layout = {
  headerBytes: 348,
  kept: [[0, 4], [39, 140], [252, 328], [344, 348]],
  dim: 40,
  dimBytes: 2,
  bitpix: 72,
  offset: (view, isLittle) => view.getFloat32(108, isLittle),
  setOffset: (view, isLittle, value) => view.setFloat32(108, value, isLittle),
};
const SECOND: Layout = {
  headerBytes: 540,
  kept: [[0, 240], [344, 508], [524, 525]],
  dim: 16,
  dimBytes: 8,
  bitpix: 14,
  offset: (view, isLittle) => Number(view.getBigInt64(168, isLittle)),
  setOffset: (view, isLittle, value) => view.setBigInt64(168, BigInt(value), isLittle),
};
const EXTENSION_FLAG_BYTES = 4;
const LARGEST_BYTES = 1024 ** 3;
const ENDING = /\.nii(\.gz)?$/i;
const ECHO = /_(?:echo-(\d+)|e(\d+)(?=[a-z]?(?:_|$))|te(\d+))/i;
const PART = /_(?:part-)?(magnitude|mag|phase|ph|real|imaginary|imag)(?=_|$)/i;

export function isNiftiName(name: string): boolean {
  return ENDING.test(name);
}

/** A name that says echo, part and known words, and which files belong together; nothing else. */
export function cleanName(name: string, ending: string, rules: Rules, pseudonyms: Pseudonyms): string {
  const stem = name.replace(ENDING, "").replace(/\.json$/i, "");
  const [echo, part] = [ECHO.exec(stem), PART.exec(stem)];
  const series = stem.replace(ECHO, "").replace(PART, "");
  const words = knownWords(series.split("/").at(-1)!, rules).replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "");
  const number = echo ? (echo[1] ?? echo[2] ?? echo[3]) : undefined;
  const parts = [words, pseudonyms.name(series)].filter((each) => each !== "");
  if (number !== undefined) parts.push(`echo-${Number(number)}`);
  if (part) parts.push(`part-${part[1]!.toLowerCase()}`);
  return `${parts.join("_")}${ending}`;
}

async function inflated(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let total = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    total += part.value.length;
    if (total > LARGEST_BYTES) throw damaged();
    parts.push(part.value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function damaged(): CannotBeCleaned {
  return new CannotBeCleaned("It is damaged and cannot be read.", "damaged");
}

function layoutOf(view: DataView): [Layout, boolean] {
  for (const isLittle of [true, false]) {
    const size = view.byteLength >= FIRST.headerBytes ? view.getInt32(0, isLittle) : 0;
    if (size === FIRST.headerBytes) return [FIRST, isLittle];
    if (size === SECOND.headerBytes && view.byteLength >= size) return [SECOND, isLittle];
  }
  throw new CannotBeCleaned("It is neither a DICOM nor a NIfTI image.", "not-an-image");
}

function voxelBytes(view: DataView, layout: Layout, isLittle: boolean): number {
  const at = (index: number): number =>
    layout.dimBytes === 2
      ? view.getInt16(layout.dim + 2 * index, isLittle)
      : Number(view.getBigInt64(layout.dim + 8 * index, isLittle));
  const count = at(0);
  if (count < 1 || count > 7) throw damaged();
  let product = view.getInt16(layout.bitpix, isLittle) / 8;
  for (let index = 1; index <= count; index += 1) product *= at(index);
  return product;
}

/** The image without free text, extensions and compression. */
export async function cleanNifti(given: Uint8Array<ArrayBuffer>): Promise<Uint8Array[]> {
  const bytes = await inflated(given).catch(() => Promise.reject(damaged()));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [layout, isLittle] = layoutOf(view);
  const start = layout.offset(view, isLittle);
  const size = voxelBytes(view, layout, isLittle);
  if (!(size > 0) || !(start >= layout.headerBytes) || start + size > bytes.length) throw damaged();
  const head = new Uint8Array(layout.headerBytes + EXTENSION_FLAG_BYTES);
  for (const [first, last] of layout.kept) head.set(bytes.subarray(first, last), first);
  layout.setOffset(new DataView(head.buffer), isLittle, head.length);
  return [head, bytes.subarray(start, start + size)];
}

type Kind = RuleTable["sidecar"][string];

function cleanValue(value: unknown, kind: Kind, rules: Rules, pseudonyms: Pseudonyms): unknown {
  if (Array.isArray(value)) {
    const all = value.map((each) => cleanValue(each, kind, rules, pseudonyms));
    return all.some((each) => each === undefined) ? undefined : all;
  }
  if (kind === "number") return typeof value === "number" && Number.isFinite(value) ? value : undefined;
  if (typeof value !== "string") return undefined;
  if (kind === "uid") return pseudonyms.uid(value);
  return kind === "version" ? knownVersion(value, rules) : knownWords(value, rules);
}

/** A side-car with the fields of the table, as far as they can be proven harmless. */
export function cleanSidecar(bytes: Uint8Array, rules: Rules, pseudonyms: Pseudonyms): [Uint8Array[], number] {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    content = undefined;
  }
  if (content === null || typeof content !== "object" || Array.isArray(content)) {
    throw new CannotBeCleaned("It is neither an image nor a side-car.", "not-an-image");
  }
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(content)) {
    const kind = rules.table.sidecar[key];
    const cleaned = kind === undefined ? undefined : cleanValue(value, kind, rules, pseudonyms);
    if (cleaned !== undefined) kept[key] = cleaned;
  }
  const removed = Object.keys(content).length - Object.keys(kept).length;
  return [[new TextEncoder().encode(JSON.stringify(kept))], removed];
}
