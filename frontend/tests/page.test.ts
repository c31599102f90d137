import { describe, expect, it } from "vitest";
import { detailWords } from "../src/page";

describe("details of a refused request", () => {
  it("are read out with the name of the value", () => {
    const details = { site: ["Must be a valid UUID."], files: [{ path: ["Too long."] }] };
    expect(detailWords(details)).toEqual(["site: Must be a valid UUID.", "path: Too long."]);
  });

  it("may be missing", () => {
    expect(detailWords({})).toEqual([]);
    expect(detailWords(null)).toEqual([]);
  });
});
