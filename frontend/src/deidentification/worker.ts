/** Looks into and cleans files away from the page, so that thousands of slices do not freeze it. */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { Inspector, type Preview } from "./inspection";
import type { RuleTable } from "./rules";
import { blobOf, Deidentifier, type CleanedFile, type ReceiptLine } from "./source";

export interface Chosen {
  readonly path: string;
  readonly file: File;
}

export type WorkerRequest =
  | { readonly kind: "inspect"; readonly files: readonly Chosen[]; readonly rules: RuleTable }
  | {
      readonly kind: "clean";
      readonly files: readonly Chosen[];
      readonly rules: RuleTable;
      readonly key: string;
      readonly subject: string;
    };

export interface Cleaned {
  readonly line: ReceiptLine;
  readonly blob: Blob | undefined;
  readonly sha256: string;
}

export type WorkerAnswer =
  | { readonly kind: "progress"; readonly bytes: number }
  | { readonly kind: "cleaned"; readonly cleaned: Cleaned }
  | { readonly kind: "preview"; readonly preview: Preview }
  | { readonly kind: "done" }
  | { readonly kind: "problem" };

function answer(message: WorkerAnswer): void {
  self.postMessage(message);
}

async function hash(parts: readonly Uint8Array[]): Promise<string> {
  // The browser's own SHA-256 is fast but wants a secure page.
  if (globalThis.crypto?.subtle) {
    const bytes = await new Blob(parts.map((part) => new Uint8Array(part))).arrayBuffer();
    return bytesToHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  }
  const running = sha256.create();
  for (const part of parts) running.update(part);
  return bytesToHex(running.digest());
}

async function finished(cleaned: CleanedFile): Promise<Cleaned> {
  const { line, parts } = cleaned;
  if (line.written === "") return { line, blob: undefined, sha256: "" };
  return { line, blob: blobOf(cleaned), sha256: await hash(parts) };
}

async function inspect(files: readonly Chosen[], rules: RuleTable): Promise<void> {
  const inspector = new Inspector(rules);
  for (const { path, file } of files) {
    await inspector.add(path, file);
    answer({ kind: "progress", bytes: file.size });
  }
  answer({ kind: "preview", preview: inspector.preview });
}

async function clean(request: Extract<WorkerRequest, { kind: "clean" }>): Promise<void> {
  const deidentifier = new Deidentifier(request.rules, request.key, request.subject);
  for (const { path, file } of request.files) {
    for await (const cleaned of deidentifier.clean(path, file)) {
      answer({ kind: "cleaned", cleaned: await finished(cleaned) });
    }
    answer({ kind: "progress", bytes: file.size });
  }
}

self.addEventListener("message", async ({ data }: MessageEvent<WorkerRequest>) => {
  // One after the other in the order of their paths: which of two copies is "twice" must not change.
  const files = [...data.files].sort((one, other) => (one.path < other.path ? -1 : 1));
  try {
    if (data.kind === "inspect") await inspect(files, data.rules);
    else await clean({ ...data, files });
    answer({ kind: "done" });
  } catch {
    answer({ kind: "problem" });
  }
});
