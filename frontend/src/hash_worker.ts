/** Computes SHA-256 away from the page, so that thousands of slices do not freeze it. */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

export interface HashRequest {
  readonly id: number;
  readonly file: File;
}

export type HashAnswer =
  | { readonly id: number; readonly sha256: string }
  | { readonly id: number; readonly problem: string };

const AT_ONCE_BYTES = 64 * 1024 * 1024;

async function hash(file: File): Promise<string> {
  // The browser's own SHA-256 is fast but wants all bytes at once, and a secure page.
  if (file.size <= AT_ONCE_BYTES && globalThis.crypto?.subtle) {
    const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    return bytesToHex(new Uint8Array(digest));
  }
  const running = sha256.create();
  const reader = file.stream().getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    running.update(part.value);
  }
  return bytesToHex(running.digest());
}

self.addEventListener("message", async (event: MessageEvent<HashRequest>) => {
  const { id, file } = event.data;
  let answer: HashAnswer;
  try {
    answer = { id, sha256: await hash(file) };
  } catch (error) {
    answer = { id, problem: error instanceof Error ? error.message : String(error) };
  }
  self.postMessage(answer);
});
