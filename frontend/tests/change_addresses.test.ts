import { describe, expect, it } from "vitest";
import { figureAddress, isWaiting, sectionAddress } from "../src/change_addresses";

describe("addresses of the comparison of visits", () => {
  it("asks for the section alone, with or without another baseline", () => {
    expect(sectionAddress("/reports/1/change/")).toBe("/reports/1/change/?part");
    expect(sectionAddress("/reports/1/change/?baseline=2")).toBe("/reports/1/change/?baseline=2&part");
  });

  it("escapes the star of R2*", () => {
    const url = figureAddress("/trend/", "R2*", "segment_5");
    expect(new URL(url, "http://x").searchParams.get("quantity")).toBe("R2*");
    expect(new URL(url, "http://x").searchParams.get("region")).toBe("segment_5");
  });
});

describe("states", () => {
  it("waits while the comparison is queued or running only", () => {
    expect(["queued", "running"].every(isWaiting)).toBe(true);
    expect(["", "succeeded", "failed", undefined].some(isWaiting)).toBe(false);
  });
});
