import { describe, expect, it } from "vitest";
import { receiptCsv, receiptRows } from "../src/upload_receipt";

const clean = { source: "a/IM1", written: "2.25.1/2.25.2.dcm", removed_attributes: 12, refused_because: "", code: "" };
const refused = { ...clean, source: "=cmd", written: "", removed_attributes: 0, refused_because: "It is a \"screen\".", code: "screen-save" };
const file = { path: clean.written, sha256: "ab", file: new File([], "x") };

describe("a receipt", () => {
  it("says for each file what was done here and what the portal says", () => {
    const server = [{ path: clean.written, sha256: "ab", state: "received" as const, problem: "" }];
    expect(receiptRows([clean, refused], [file], server)).toEqual([
      { file: "a/IM1", here: "cleaned, 12 attributes removed", portal: "received whole", sentAs: clean.written, sha256: "ab" },
      { file: "=cmd", here: 'not sent: It is a "screen".', portal: "not sent", sentAs: "", sha256: "" },
    ]);
  });

  it("names what the portal refused, and what it never got", () => {
    const line = { path: clean.written, sha256: "ab", state: "missing" as const };
    const words = (problem: string) => receiptRows([clean], [file], [{ ...line, problem }])[0]!.portal;
    expect(words("it names someone")).toBe("refused: it names someone");
    expect(words("")).toBe("missing");
    expect(receiptRows([clean], [file], [])[0]!.portal).toBe("not asked");
  });

  it("is safe to open in a spreadsheet", () => {
    const text = receiptCsv(receiptRows([refused], [], []));
    expect(text).toContain('"\'=cmd","not sent: It is a ""screen""."');
    expect(text.split("\r\n")).toHaveLength(3);
  });
});
