/** The receipt of an upload, file by file: what this computer did with it, and what the portal says. */

import type { ReceiptLine } from "./deidentification/source";
import type { HashedFile } from "./manifest";
import { requestJson } from "./page";

/** One file in the portal's receipt. */
export interface ServerLine {
  readonly path: string;
  readonly sha256: string;
  readonly state: "missing" | "received";
  readonly problem: string;
}

interface ServerPage {
  readonly next: string | null;
  readonly results: readonly ServerLine[];
}

export interface ReceiptRow {
  readonly file: string;
  readonly here: string;
  readonly portal: string;
  readonly sentAs: string;
  readonly sha256: string;
}

const MOST_ROWS = 500;

/** Fetch the portal's receipt, all pages of it. */
export async function serverReceipt(url: string): Promise<ServerLine[]> {
  const lines: ServerLine[] = [];
  for (let page = 1; ; page += 1) {
    const part = await requestJson<ServerPage>(`${url}?page=${page}&page_size=${MOST_ROWS}`);
    lines.push(...part.results);
    if (part.next === null) return lines;
  }
}

function portalWords(line: ServerLine | undefined): string {
  if (!line) return "not asked";
  if (line.state === "received") return "received whole";
  return line.problem ? `refused: ${line.problem}` : "missing";
}

/** Join both sides' verdicts, in the order of the files here. */
export function receiptRows(
  lines: readonly ReceiptLine[],
  files: readonly HashedFile[],
  server: readonly ServerLine[],
): ReceiptRow[] {
  const hashes = new Map(files.map((each) => [each.path, each.sha256]));
  const said = new Map(server.map((each) => [each.path, each]));
  return lines.map((line) => ({
    file: line.source,
    here: line.written ? `cleaned, ${line.removed_attributes} attributes removed` : `not sent: ${line.refused_because}`,
    portal: line.written ? portalWords(said.get(line.written)) : "not sent",
    sentAs: line.written,
    sha256: hashes.get(line.written) ?? "",
  }));
}

/** A cell of CSV; a leading sign of a formula is defused for spreadsheets. */
function cell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}

export function receiptCsv(rows: readonly ReceiptRow[]): string {
  const head = ["file", "this computer", "portal", "sent as", "sha256"];
  const body = rows.map((row) => [row.file, row.here, row.portal, row.sentAs, row.sha256]);
  return [head, ...body].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

/** Offer the receipt as a file; it names the original files, so it never leaves this computer. */
export function saveReceipt(rows: readonly ReceiptRow[], name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([receiptCsv(rows)], { type: "text/csv" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
