import { describe, expect, it } from "vitest";
import { readOut, voxelUrl } from "../src/reading_page";

describe("read-out of a reading", () => {
  it("leaves the region out where it may not be known", () => {
    const values = [{ key: "PDFF", text: "12.0 %", error: "0.8 %" }];
    expect(readOut({ region: "", values })).toBe("PDFF 12.0 % ± 0.8 %");
    expect(readOut({ region: "Segment II", values })).toBe("Segment II  ·  PDFF 12.0 % ± 0.8 %");
  });

  it("keeps which version is shown in the address", () => {
    expect(voxelUrl("/v/?of=A", [1, 2, 3])).toBe("/v/?of=A&i=1&j=2&k=3");
    expect(voxelUrl("/v/", [1, 2, 3])).toBe("/v/?i=1&j=2&k=3");
  });
});
