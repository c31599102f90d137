import { describe, expect, it } from "vitest";
import {
  bundle,
  BUNDLE_BYTES,
  pack,
  padding,
  SMALL_FILE_BYTES,
  tarHeader,
  withoutCommonFolder,
  withoutSystemFiles,
  type HashedFile,
} from "../src/manifest";

const hashed = (path: string, size: number): HashedFile => ({
  path,
  sha256: path.replace(/\W/g, "").padEnd(64, "0"),
  file: new File([new Uint8Array(size).fill(7)], path),
});

describe("paths", () => {
  it("lose the folder that all share, not more", () => {
    expect(withoutCommonFolder(["s/a/1", "s/a/2", "s/b/1"])).toEqual(["a/1", "a/2", "b/1"]);
    expect(withoutCommonFolder(["1", "2"])).toEqual(["1", "2"]);
    expect(withoutCommonFolder(["s/1"])).toEqual(["1"]);
    expect(withoutCommonFolder([])).toEqual([]);
  });

  it("of the operating system are left out, files without extension stay", () => {
    const files = ["a/IM1", "a/.DS_Store", "__MACOSX/x", "a/._IM1", "Thumbs.db", "DICOMDIR"];
    const kept = withoutSystemFiles(files.map((path) => ({ path })));
    expect(kept.map((each) => each.path)).toEqual(["a/IM1", "DICOMDIR"]);
  });
});

describe("bundles", () => {
  it("have a header with a valid checksum", () => {
    const header = tarHeader("ab".repeat(32), 1234);
    const text = (from: number, to: number) => new TextDecoder().decode(header.slice(from, to));
    expect(text(0, 64)).toBe("ab".repeat(32));
    expect(Number.parseInt(text(124, 135), 8)).toBe(1234);
    const stated = Number.parseInt(text(148, 154), 8);
    const blanked = header.slice();
    blanked.fill(32, 148, 156);
    expect(blanked.reduce((sum, byte) => sum + byte, 0)).toBe(stated);
  });

  it("are whole blocks", async () => {
    const blob = bundle([hashed("a", 700), hashed("b", 512)]);
    expect(blob.size % 512).toBe(0);
    expect(blob.size).toBe(512 + 700 + padding(700) + 512 + 512 + 1024);
    const bytes = new Uint8Array(await blob.arrayBuffer());
    expect(bytes[512]).toBe(7);
  });

  it("hold small files, large ones travel alone", () => {
    const files = [hashed("small", 10), hashed("large", SMALL_FILE_BYTES + 1), hashed("tiny", 1)];
    const parcels = pack(files, new Set(files.map((each) => each.sha256)));
    expect(parcels.map((parcel) => [parcel.kind, parcel.bytes])).toEqual([
      ["file", SMALL_FILE_BYTES + 1],
      ["bundle", 11],
    ]);
  });

  it("close when they are full", () => {
    const size = 6 * 1024 * 1024;
    const files = Array.from({ length: 8 }, (_, n) => hashed(`f${n}`, size));
    const parcels = pack(files, new Set(files.map((each) => each.sha256)));
    expect(parcels.length).toBe(2);
    for (const parcel of parcels) expect(parcel.bytes).toBeLessThanOrEqual(BUNDLE_BYTES);
  });

  it("carry what is missing only, and each content once", () => {
    const [one, two] = [hashed("one", 5), hashed("two", 6)];
    const copy = { ...one, path: "copy of one" };
    expect(pack([one, copy, two], new Set([one.sha256]))).toMatchObject([{ bytes: 5 }]);
    expect(pack([one, two], new Set())).toEqual([]);
  });
});
