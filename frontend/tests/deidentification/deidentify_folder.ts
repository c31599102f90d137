/**
 * The browser's de-identifier on a folder, under Node, for comparison with the server's:
 * `node deidentify_folder.js RULES KEY_HEX SUBJECT SOURCE TARGET` writes copies and prints the receipt.
 */

import { mkdirSync, openAsBlob, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { Deidentifier, type ReceiptLine } from "../../src/deidentification/source";

const [rules, key, subject, source, target] = process.argv.slice(2) as [string, string, string, string, string];

function filesBelow(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => statSync(join(folder, name)).isFile()).sort();
}

const deidentifier = new Deidentifier(JSON.parse(readFileSync(rules, "utf8")), key, subject);
const lines: ReceiptLine[] = [];
for (const name of filesBelow(source)) {
  const file = await openAsBlob(join(source, name));
  for await (const { line, parts } of deidentifier.clean(relative(".", name), file)) {
    lines.push(line);
    if (line.written === "") continue;
    const path = join(target, line.written);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Buffer.concat(parts));
  }
}
console.log(JSON.stringify(lines));
