import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const GERMAN = {
  "%(n)s image will be sent": "%(n)s Bild wird gesendet",
  "%(n)s images will be sent": "%(n)s Bilder werden gesendet",
  "%(n)s file stays here": "%(n)s Datei bleibt hier",
  "%(n)s files stay here": "%(n)s Dateien bleiben hier",
  "%(n)s deviation from the protocol": "%(n)s Abweichung vom Protokoll",
  "%(n)s deviations from the protocol": "%(n)s Abweichungen vom Protokoll",
  "Protocol met": "Protokoll eingehalten",
  "The files are of %(n)s studies. Choose the folder of one study.": "Die Dateien gehören zu %(n)s Studien.",
};
const FRENCH = {
  "%(n)s image will be sent": "%(n)s image sera envoyée",
  "%(n)s images will be sent": "%(n)s images seront envoyées",
};
const preview = { facts: null, images: 700, patients: 1, studies: 1, refused: [] };
const line = { source: "x", written: "", removed_attributes: 0, refused_because: "", code: "colour" };
const deviation = { code: "flip-angle", message: "Flipwinkel: 20°.", action: "Verkleinern." };

async function pageIn(lang: string, words: Record<string, string>): Promise<typeof import("../src/upload_check")> {
  const getElementById = (id: string) => (id === "words" ? { textContent: JSON.stringify(words) } : null);
  vi.stubGlobal("document", { documentElement: { lang }, getElementById });
  return import("../src/upload_check");
}

describe("the upload page in another language", () => {
  beforeEach(() => vi.resetModules());
  afterEach(() => vi.unstubAllGlobals());

  it("says in German what was found, one and many in their forms", async () => {
    const { found, faultOf } = await pageIn("de", GERMAN);
    expect(found(preview)).toBe("700 Bilder werden gesendet.");
    expect(found({ ...preview, images: 1, refused: [line] })).toBe("1 Bild wird gesendet, 1 Datei bleibt hier.");
    expect(found({ ...preview, images: 0, refused: [line, line] })).toBe(
      "0 Bilder werden gesendet, 2 Dateien bleiben hier.",
    );
    expect(faultOf({ ...preview, studies: 3 })).toBe("Die Dateien gehören zu 3 Studien.");
  });

  it("has German headlines of a verdict", async () => {
    const { headline } = await pageIn("de", GERMAN);
    expect(headline({ standing: "met", deviations: [], protocol_version: 1 })).toBe("Protokoll eingehalten");
    const said = (n: number) =>
      headline({ standing: "deviation", deviations: Array<typeof deviation>(n).fill(deviation), protocol_version: 1 });
    expect([said(1), said(2)]).toEqual(["1 Abweichung vom Protokoll", "2 Abweichungen vom Protokoll"]);
  });

  it("takes the singular for none in French", async () => {
    const { found } = await pageIn("fr", FRENCH);
    expect(found({ ...preview, images: 0 })).toBe("0 image sera envoyée.");
    expect(found({ ...preview, images: 2 })).toBe("2 images seront envoyées.");
  });
});
