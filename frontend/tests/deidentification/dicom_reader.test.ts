import { describe, expect, it } from "vitest";
import { Damaged, isDicom, readDicom } from "../../src/deidentification/dicom_reader";
import { encode, fileHead, lengthOf, type CleanElement } from "../../src/deidentification/dicom_writer";

const EXPLICIT = "1.2.840.10008.1.2.1";
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function fileOf(elements: readonly CleanElement[]): Uint8Array {
  const head = fileHead("1.2", "1.2.3", EXPLICIT, ["1.2", "TEST"]);
  const parts = [...head, ...encode(elements, { isExplicit: true, isLittleEndian: true })];
  const bytes = new Uint8Array(lengthOf(parts));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const read = (bytes: Uint8Array, isCut = false) => readDicom(bytes, () => true, () => true, isCut);
const nested: CleanElement[] = [
  { tag: 0x00080060, vr: "CS", value: text("MR") },
  { tag: 0x00081140, vr: "SQ", value: [[{ tag: 0x00081150, vr: "UI", value: text("1.2\0") }], []] },
  { tag: 0x7fe00010, vr: "OW", value: new Uint8Array(64) },
];

describe("a DICOM file", () => {
  it("is known by what it holds, not by its name", () => {
    expect(isDicom(fileOf(nested))).toBe(true);
    expect(isDicom(text("Dear Mrs Doe"))).toBe(false);
  });

  it("is read to the items of its sequences", () => {
    const { dataset } = read(fileOf(nested));
    expect([...dataset.elements.keys()]).toEqual([0x00080060, 0x00081140, 0x7fe00010]);
    const items = dataset.elements.get(0x00081140)?.items;
    expect(items?.map((item) => item.elements.size)).toEqual([1, 0]);
  });

  it("ends with its pixels: what is hung on behind them is not read", () => {
    const bytes = fileOf(nested);
    const longer = new Uint8Array([...bytes, ...text("Dear Mrs Doe")]);
    expect(read(longer).dataset.elements.size).toBe(3);
  });

  it("that is cut anywhere is damaged, never half read", () => {
    const bytes = fileOf(nested);
    const start = bytes.length - 64 - 12 - 40;
    for (let length = start; length < bytes.length; length += 1) {
      const cut = bytes.subarray(0, length);
      const read3 = (): number => read(cut).dataset.elements.size;
      let size = -1;
      try {
        size = read3();
      } catch (error) {
        expect(error).toBeInstanceOf(Damaged);
      }
      expect(size).toBeLessThan(3);
    }
  });

  it("whose beginning is enough gives its header", () => {
    const bytes = fileOf(nested);
    expect(read(bytes.subarray(0, bytes.length - 60), true).dataset.elements.size).toBe(3);
  });

  it("with an unknown value representation is damaged", () => {
    const bytes = fileOf(nested);
    const at = new TextDecoder("latin1").decode(bytes).indexOf("CS");
    bytes.set(text("ZZ"), at);
    expect(() => read(bytes)).toThrow(Damaged);
  });

  it("nested without end is damaged", () => {
    let elements: CleanElement[] = [];
    for (let depth = 0; depth < 80; depth += 1) elements = [{ tag: 0x00081140, vr: "SQ", value: [elements] }];
    expect(() => read(fileOf(elements))).toThrow(Damaged);
  });
});
