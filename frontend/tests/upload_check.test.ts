import { describe, expect, it } from "vitest";
import { faultOf, found, headline, type Verdict } from "../src/upload_check";

const preview = { facts: null, images: 700, patients: 1, studies: 1, refused: [] };
const line = { source: "x", written: "", removed_attributes: 0, refused_because: "", code: "colour" };
const verdict: Verdict = { standing: "met", deviations: [], protocol_version: 1 };
const deviation = { code: "flip-angle", message: "The flip angle is 20°.", action: "Lower it." };

describe("what was found", () => {
  it("is said in one line", () => {
    expect(found(preview)).toBe("700 images will be sent.");
    expect(found({ ...preview, images: 1, refused: [line] })).toBe("1 image will be sent, 1 file stays here.");
    expect(found({ ...preview, refused: [line, line] })).toBe("700 images will be sent, 2 files stay here.");
  });

  it("stops an upload of several patients, several studies or nothing", () => {
    expect(faultOf(preview)).toBe("");
    expect(faultOf({ ...preview, patients: 2 })).toContain("2 patients");
    expect(faultOf({ ...preview, studies: 3 })).toContain("3 studies");
    expect(faultOf({ ...preview, images: 0 })).toContain("None of these files");
  });

  it("has a headline for each verdict", () => {
    expect(headline(verdict)).toBe("Protocol met");
    expect(headline({ ...verdict, protocol_version: null })).toBe("Suitable for analysis");
    expect(headline({ ...verdict, standing: "unusable" })).toBe("This study cannot be analysed");
    expect(headline({ ...verdict, standing: "deviation", deviations: [deviation] })).toBe("1 deviation from the protocol");
    expect(headline({ ...verdict, standing: "deviation", deviations: [deviation, deviation] })).toBe("2 deviations from the protocol");
  });
});
