import { beforeAll, describe, expect, it, vi } from "vitest";

describe("words of the page", () => {
  let translated: typeof import("../src/words").translated;

  beforeAll(async () => {
    const words = { "%(n)s voxels of %(of)s": "%(of)s: %(n)s vóxeles" };
    const getElementById = (id: string) => (id === "words" ? { textContent: JSON.stringify(words) } : null);
    vi.stubGlobal("document", { getElementById });
    ({ translated } = await import("../src/words"));
  });

  it("are those that the server wrote, with the values in their places", () => {
    expect(translated("%(n)s voxels of %(of)s", { n: 3, of: "II" })).toBe("II: 3 vóxeles");
  });

  it("are English where the page has none", () => {
    expect(translated("Copied.")).toBe("Copied.");
    expect(translated("segment %(name)s", { name: "IV" })).toBe("segment IV");
  });

  it("keep a place without a value, and a per cent sign", () => {
    expect(translated("%(share)s % of %(where)s", { share: "4.0" })).toBe("4.0 % of %(where)s");
  });
});
