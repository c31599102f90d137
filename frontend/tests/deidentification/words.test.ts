import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compileRules } from "../../src/deidentification/rules";
import { knownVersion, knownWords } from "../../src/deidentification/words";

const RULES = "../portal/studies/deidentification/rules.json";
const rules = compileRules(JSON.parse(readFileSync(RULES, "utf8")));

describe("free text", () => {
  it("keeps imaging words and drops names and numbers of patients", () => {
    expect(knownWords("t1_vibe_DOE^Jane 3D MRN 00123456", rules)).toBe("t1_vibe_ 3D");
    expect(knownWords("Müller liver", rules)).toBe("liver");
    expect(knownWords("肝脏 fat", rules)).toBe("fat");
  });

  it("keeps at most two lone digits, so that no number can be spelled", () => {
    expect(knownWords("fat 1 2 3 4", rules)).toBe("fat 1 2");
  });

  it("takes words glued in camel case apart, but no other glue", () => {
    expect(knownWords("WaterFat", rules)).toBe("WaterFat");
    expect(knownWords("WaterDoe", rules)).toBe("");
  });

  it("keeps versions of software and no serial numbers", () => {
    expect(knownVersion("syngo MR E11", rules)).toBe("syngo MR E11");
    expect(knownVersion("12345678", rules)).toBe("");
  });
});
