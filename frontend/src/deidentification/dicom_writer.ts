/** Writes elements in the order and the form that the server's cleaner writes them. */

import { utf8ToBytes } from "@noble/hashes/utils.js";

export interface CleanElement {
  readonly tag: number;
  readonly vr: string;
  /** Bytes of even length, or the items of a sequence. */
  readonly value: Uint8Array | readonly (readonly CleanElement[])[];
  /** Compressed pixels: the value ends with a delimiter. */
  readonly hasUndefinedLength?: boolean;
}

export interface Encoding {
  readonly isExplicit: boolean;
  readonly isLittleEndian: boolean;
}

const LONG = new Set("OB OD OF OL OV OW SQ SV UC UN UR UT UV".split(" "));
const LONGEST_SHORT = 0xffff;
const UNDEFINED = 0xffffffff;
const [ITEM, SEQUENCE_END] = [0xfffee000, 0xfffee0dd];
const EXPLICIT_LITTLE: Encoding = { isExplicit: true, isLittleEndian: true };

export function evenText(text: string, vr = "LO"): Uint8Array {
  const bytes = utf8ToBytes(text);
  if (bytes.length % 2 === 0) return bytes;
  const padded = new Uint8Array(bytes.length + 1).fill(vr === "UI" ? 0 : 0x20);
  padded.set(bytes);
  return padded;
}

export function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

function tagAndLength(tag: number, length: number, encoding: Encoding): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint16(0, tag >>> 16, encoding.isLittleEndian);
  view.setUint16(2, tag & 0xffff, encoding.isLittleEndian);
  view.setUint32(4, length, encoding.isLittleEndian);
  return new Uint8Array(view.buffer);
}

function header(element: CleanElement, length: number, encoding: Encoding): Uint8Array {
  const { isExplicit, isLittleEndian } = encoding;
  if (!isExplicit) return tagAndLength(element.tag, length, encoding);
  // What is too long for its VR's two bytes of length travels as UN (PS3.5, 6.2.2).
  const vr = length > LONGEST_SHORT && !LONG.has(element.vr) ? "UN" : element.vr;
  const isLong = LONG.has(vr);
  const bytes = new Uint8Array(isLong ? 12 : 8);
  bytes.set(tagAndLength(element.tag, 0, encoding));
  bytes.set(utf8ToBytes(vr), 4);
  const view = new DataView(bytes.buffer);
  if (isLong) view.setUint32(8, length, isLittleEndian);
  else view.setUint16(6, length, isLittleEndian);
  return bytes;
}

function encodeItems(items: readonly (readonly CleanElement[])[], encoding: Encoding): Uint8Array[] {
  return items.flatMap((item) => {
    const parts = encode(item, encoding);
    return [tagAndLength(ITEM, lengthOf(parts), encoding), ...parts];
  });
}

/** The bytes of elements, sorted by tag; large values are passed on, not copied. */
export function encode(elements: readonly CleanElement[], encoding: Encoding): Uint8Array[] {
  const sorted = [...elements].sort((one, other) => one.tag - other.tag);
  return sorted.flatMap((element) => {
    const { value } = element;
    const parts = value instanceof Uint8Array ? [value] : encodeItems(value, encoding);
    if (!element.hasUndefinedLength) return [header(element, lengthOf(parts), encoding), ...parts];
    const end = tagAndLength(SEQUENCE_END, 0, encoding);
    return [header(element, UNDEFINED, encoding), ...parts, end];
  });
}

/** Preamble, prefix and file meta information. */
export function fileHead(
  sopClass: string,
  sopInstance: string,
  transferSyntax: string,
  implementation: readonly string[],
): Uint8Array[] {
  const text = (tag: number, vr: string, value: string): CleanElement => ({
    tag,
    vr,
    value: evenText(value, vr),
  });
  const meta = encode(
    [
      { tag: 0x00020001, vr: "OB", value: new Uint8Array([0, 1]) },
      text(0x00020002, "UI", sopClass),
      text(0x00020003, "UI", sopInstance),
      text(0x00020010, "UI", transferSyntax),
      text(0x00020012, "UI", implementation[0]!),
      text(0x00020013, "SH", implementation[1]!),
    ],
    EXPLICIT_LITTLE,
  );
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, lengthOf(meta), true);
  const first = encode([{ tag: 0x00020000, vr: "UL", value: length }], EXPLICIT_LITTLE);
  return [new Uint8Array(128), utf8ToBytes("DICM"), ...first, ...meta];
}
