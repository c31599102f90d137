/** The only file that knows Uppy: sends parcels over tus, resumes them, and says how far it is. */

import Uppy from "@uppy/core";
import Tus from "@uppy/tus";
import type { Parcel } from "./manifest";
import { cookie } from "./page";
import { translated } from "./words";

const CHUNK_BYTES = 8 * 1024 * 1024;
const RETRY_DELAYS_MS = [0, 1000, 3000, 5000, 10000, 20000];
const AT_A_TIME = 2;

type Meta = { upload: string; kind: string; sha256: string };

export interface Sending {
  pause(): void;
  resume(): void;
  cancel(): void;
  readonly finished: Promise<void>;
}

/** The server's sentence out of tus-js-client's error, if it sent one. */
function sentence(error: unknown): string {
  const response = (error as { originalResponse?: { getBody(): string } | null }).originalResponse;
  try {
    const body = JSON.parse(response?.getBody() ?? "") as { message?: string };
    if (body.message) return body.message;
  } catch {
    // Not the server's JSON: a proxy's page, or no answer at all.
  }
  return translated("The connection was lost, or a file was changed meanwhile. Send again: what has arrived is kept.");
}

/** Send the parcels of one upload; `progress` hears bytes sent of all parcels together. */
export function send(
  parcels: readonly Parcel[],
  upload: string,
  endpoint: string,
  progress: (bytesSent: number) => void,
): Sending {
  const uppy = new Uppy<Meta, Record<string, never>>({ autoProceed: false });
  uppy.use(Tus, {
    endpoint,
    chunkSize: CHUNK_BYTES,
    retryDelays: RETRY_DELAYS_MS,
    limit: AT_A_TIME,
    allowedMetaFields: ["upload", "kind", "sha256"],
    headers: () => ({ "X-CSRFToken": cookie("csrftoken") }),
    removeFingerprintOnSuccess: true,
  });
  for (const parcel of parcels) {
    uppy.addFile({
      name: `${parcel.kind}-${parcel.sha256}-${parcel.bytes}`,
      data: parcel.blob,
      meta: { upload, kind: parcel.kind, sha256: parcel.sha256 },
    });
  }
  const sent = new Map<string, number>();
  uppy.on("upload-progress", (file, state) => {
    if (!file) return;
    sent.set(file.id, state.bytesUploaded);
    progress([...sent.values()].reduce((sum, bytes) => sum + bytes, 0));
  });
  const finished = uppy.upload().then((result) => {
    const failed = result?.failed?.[0];
    if (!failed) return;
    const known = uppy.getFile(failed.id) as { error?: unknown } | undefined;
    throw new Error(lastError ?? String(known?.error ?? translated("The upload stopped.")));
  });
  let lastError: string | undefined;
  uppy.on("upload-error", (_file, error) => {
    lastError = sentence(error);
  });
  return {
    pause: () => uppy.pauseAll(),
    resume: () => uppy.resumeAll(),
    cancel: () => uppy.cancelAll(),
    finished: finished.finally(() => uppy.destroy()),
  };
}
