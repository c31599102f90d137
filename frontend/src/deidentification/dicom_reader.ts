/**
 * Where each element of a DICOM file begins and ends; values are left as they are.
 *
 * Strict on purpose: what does not fit to the last byte is refused, because an element that is
 * taken for another could carry a name past the rules.
 */

import { ascii } from "./dicom_text";

export interface Element {
  readonly tag: number;
  /** As written in the file; empty in implicit files. */
  readonly vr: string;
  readonly start: number;
  readonly end: number;
  readonly hasUndefinedLength: boolean;
  readonly items?: readonly Dataset[];
}

export interface Dataset {
  readonly elements: ReadonlyMap<number, Element>;
  readonly isExplicit: boolean;
}

export interface DicomFile {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly isLittleEndian: boolean;
  readonly transferSyntax: string;
  readonly dataset: Dataset;
}

/** Whether a sequence is read item by item; other sequences are skipped whole where possible. */
export type IsWanted = (tag: number) => boolean;

export class Damaged extends Error {}

export const IMPLICIT = "1.2.840.10008.1.2";
const BIG_ENDIAN = "1.2.840.10008.1.2.2";
const SHORT = new Set("AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split(" "));
const LONG = new Set("OB OD OF OL OV OW SQ SV UC UN UR UT UV".split(" "));
const UNDEFINED = 0xffffffff;
const [ITEM, ITEM_END, SEQUENCE_END] = [0xfffee000, 0xfffee00d, 0xfffee0dd];
const PIXELS = new Set([0x7fe00008, 0x7fe00009, 0x7fe00010]);
const META_SYNTAX = 0x00020010;
const DEEPEST = 64;
const PREAMBLE = 132;

/** Whether a file begins as DICOM does, whatever it is called. */
export function isDicom(start: Uint8Array): boolean {
  const hasPrefix = ascii(start.subarray(128, PREAMBLE)) === "DICM";
  return hasPrefix || (start[1] === 0 && (start[0] === 2 || start[0] === 8));
}

class Reader {
  readonly view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    readonly isLittleEndian: boolean,
    private readonly isWanted: IsWanted,
    private readonly isCut: boolean,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u16(at: number): number {
    if (at + 2 > this.bytes.length) throw new Damaged();
    return this.view.getUint16(at, this.isLittleEndian);
  }

  u32(at: number): number {
    if (at + 4 > this.bytes.length) throw new Damaged();
    return this.view.getUint32(at, this.isLittleEndian);
  }

  tag(at: number): number {
    return this.u16(at) * 0x10000 + this.u16(at + 2);
  }

  /** The file meta information, which is explicit and little-endian always, and where it ends. */
  meta(): [ReadonlyMap<number, Element>, number] {
    const elements = new Map<number, Element>();
    let at = ascii(this.bytes.subarray(128, PREAMBLE)) === "DICM" ? PREAMBLE : 0;
    while (at + 8 <= this.bytes.length && this.u16(at) === 2) {
      const [element, next] = this.element(at, this.bytes.length, true, 0);
      elements.set(element.tag, element);
      at = next;
    }
    return [elements, at];
  }

  /** Read elements until `end` or, of a delimited item, until its delimiter; pixels end a file. */
  dataset(
    start: number,
    end: number,
    isExplicit: boolean,
    depth = 0,
    isDelimited = false,
  ): [Dataset, number] {
    if (depth > DEEPEST) throw new Damaged();
    const elements = new Map<number, Element>();
    let at = start;
    while (isDelimited || at < end) {
      if (isDelimited && this.tag(at) === ITEM_END) return [{ elements, isExplicit }, at + 8];
      const [element, next] = this.element(at, end, isExplicit, depth);
      if (next > end) throw new Damaged();
      elements.set(element.tag, element);
      at = next;
      if (depth === 0 && PIXELS.has(element.tag)) break;
    }
    return [{ elements, isExplicit }, at];
  }

  private element(at: number, end: number, isExplicit: boolean, depth: number): [Element, number] {
    const tag = this.tag(at);
    if (tag >= 0xfffe0000) throw new Damaged();
    const [vr, length, start] = this.header(at, isExplicit);
    const stated = { tag, vr, start };
    const hasUndefinedLength = length === UNDEFINED;
    if (!hasUndefinedLength && start + length > end) return this.cutOff(stated, depth);
    if (hasUndefinedLength && PIXELS.has(tag)) return this.fragments(stated);
    const isSequence = vr === "SQ" || (vr === "" && this.isWanted(tag));
    if (hasUndefinedLength || (isSequence && this.isWanted(tag))) {
      const areExplicit = isExplicit && vr !== "UN"; // PS3.5, 6.2.2: unknown ones are implicit
      return this.sequence(stated, hasUndefinedLength ? undefined : start + length, areExplicit, depth);
    }
    return [{ ...stated, end: start + length, hasUndefinedLength }, start + length];
  }

  private header(at: number, isExplicit: boolean): [string, number, number] {
    if (!isExplicit) return ["", this.u32(at + 4), at + 8];
    const vr = ascii(this.bytes.subarray(at + 4, at + 6));
    if (SHORT.has(vr)) return [vr, this.u16(at + 6), at + 8];
    if (LONG.has(vr)) return [vr, this.u32(at + 8), at + 12];
    throw new Damaged();
  }

  /** Of the first part of a file (`isCut`) all that is needed may be there: pixels come last. */
  private cutOff(stated: Pick<Element, "tag" | "vr" | "start">, depth: number): [Element, number] {
    if (!this.isCut || depth > 0 || !PIXELS.has(stated.tag)) throw new Damaged();
    const end = this.bytes.length;
    return [{ ...stated, end, hasUndefinedLength: false }, end];
  }

  private fragments(stated: Pick<Element, "tag" | "vr" | "start">): [Element, number] {
    let at = stated.start;
    while (!(this.isCut && at + 8 > this.bytes.length)) {
      const tag = this.tag(at);
      if (tag === SEQUENCE_END) return [{ ...stated, end: at, hasUndefinedLength: true }, at + 8];
      if (tag !== ITEM) throw new Damaged();
      at += 8 + this.u32(at + 4);
    }
    return [{ ...stated, end: this.bytes.length, hasUndefinedLength: true }, this.bytes.length];
  }

  private sequence(
    stated: Pick<Element, "tag" | "vr" | "start">,
    end: number | undefined,
    isExplicit: boolean,
    depth: number,
  ): [Element, number] {
    const items: Dataset[] = [];
    const element = (last: number): Element => ({
      ...{ ...stated, vr: "SQ", end: last, items },
      hasUndefinedLength: end === undefined,
    });
    let at = stated.start;
    while (end === undefined || at < end) {
      const tag = this.tag(at);
      if (end === undefined && tag === SEQUENCE_END) return [element(at), at + 8];
      if (tag !== ITEM) throw new Damaged();
      const [item, next] = this.item(at, end ?? this.bytes.length, isExplicit, depth);
      items.push(item);
      at = next;
    }
    return [element(at), at];
  }

  private item(at: number, end: number, isExplicit: boolean, depth: number): [Dataset, number] {
    const [length, start] = [this.u32(at + 4), at + 8];
    if (length === UNDEFINED) return this.dataset(start, end, isExplicit, depth + 1, true);
    if (start + length > end) throw new Damaged();
    return this.dataset(start, start + length, isExplicit, depth + 1);
  }
}

/** The transfer syntax a file states, or nothing. */
function syntaxOf(bytes: Uint8Array, meta: ReadonlyMap<number, Element>): string {
  const element = meta.get(META_SYNTAX);
  return element ? ascii(bytes.subarray(element.start, element.end)).replace(/[\0 ]+$/, "") : "";
}

/**
 * Read a file; `isCut` = `bytes` are only its beginning.
 *
 * Files that do not say how they are encoded come back without elements: the rules refuse them.
 */
export function readDicom(
  bytes: Uint8Array,
  isKnownSyntax: (uid: string) => boolean,
  isWanted: IsWanted,
  isCut = false,
): DicomFile {
  const [meta, at] = new Reader(bytes, true, () => false, false).meta();
  const transferSyntax = syntaxOf(bytes, meta);
  const isLittleEndian = transferSyntax !== BIG_ENDIAN;
  const reader = new Reader(bytes, isLittleEndian, isWanted, isCut);
  const isExplicit = transferSyntax !== IMPLICIT;
  const dataset = isKnownSyntax(transferSyntax)
    ? reader.dataset(at, bytes.length, isExplicit)[0]
    : { elements: new Map<number, Element>(), isExplicit };
  return { bytes, view: reader.view, isLittleEndian, transferSyntax, dataset };
}
