/**
 * The browser's cleaning of free text under Node, for comparison with the server's:
 * `node clean_texts.js RULES TEXTS` prints, for each text of a JSON list, known words, known
 * version and plain text.
 */

import { readFileSync } from "node:fs";
import { plainText } from "../../src/deidentification/dicom_text";
import { compileRules } from "../../src/deidentification/rules";
import { knownVersion, knownWords } from "../../src/deidentification/words";

const [rulesFile, textsFile] = process.argv.slice(2) as [string, string];
const rules = compileRules(JSON.parse(readFileSync(rulesFile, "utf8")));
const texts = JSON.parse(readFileSync(textsFile, "utf8")) as string[];
const cleaned = texts.map((text) => [knownWords(text, rules), knownVersion(text, rules), plainText(text)]);
console.log(JSON.stringify(cleaned));
