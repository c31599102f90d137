import { describe, expect, it } from "vitest";
import { colourTable, cssGradient, ticks } from "../src/colour_scales";

const lightness = ([r, g, b]: readonly [number, number, number]): number =>
  0.2126 * r + 0.7152 * g + 0.0722 * b;

describe("colour scales", () => {
  it.each(["viridis", "inferno", "plasma", "cividis"] as const)("%s grows lighter all the way", (name) => {
    const table = colourTable(name);
    expect(table).toHaveLength(256);
    for (let n = 16; n < 256; n += 16) expect(lightness(table[n]!)).toBeGreaterThan(lightness(table[n - 16]!));
  });

  it("starts and ends with matplotlib's colours", () => {
    expect(colourTable("viridis")[0]).toEqual([0x44, 0x01, 0x54]);
    expect(colourTable("viridis")[255]).toEqual([0xfd, 0xe7, 0x25]);
    expect(cssGradient("viridis")).toMatch(/^linear-gradient\(to right, rgb\(68 1 84\)/);
  });
});

describe("ticks", () => {
  it("are round and inside the range", () => {
    expect(ticks(0, 40)).toEqual([0, 10, 20, 30, 40]);
    expect(ticks(0, 300)).toEqual([0, 100, 200, 300]);
    expect(ticks(0, 0.7)).toEqual([0, 0.2, 0.4, 0.6]);
    expect(ticks(-3, 7).every((tick) => tick >= -3 && tick <= 7)).toBe(true);
    expect(ticks(5, 5)).toEqual([5]);
  });
});

describe("the scale of differences", () => {
  it("is lightest in its middle, blue below and red above", () => {
    const table = colourTable("delta");
    expect(table).toHaveLength(256);
    expect(lightness(table[127]!)).toBeGreaterThan(lightness(table[0]!));
    expect(lightness(table[127]!)).toBeGreaterThan(lightness(table[255]!));
    expect(table[0]![2]).toBeGreaterThan(table[0]![0]);
    expect(table[255]![0]).toBeGreaterThan(table[255]![2]);
  });
});
