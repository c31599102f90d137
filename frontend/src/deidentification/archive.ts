/** The files in a ZIP archive, bounded; the only file that knows zip.js. */

import { BlobReader, configure, Uint8ArrayWriter, ZipReader, type FileEntry } from "@zip.js/zip.js/lib/zip-core-native.js";
import { CannotBeCleaned } from "./cleaning";

export interface Member {
  readonly name: string;
  readonly size: number;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
}

const GIB = 1024 ** 3;
const MOST_FILES = 50_000;
const MOST_BYTES = 12 * GIB;
const RATIO_FREE_BYTES = 64 * 1024 ** 2;
const HIGHEST_RATIO = 100;

// We are in a worker already, and the page's security policy allows no WebAssembly.
configure({ useWebWorkers: false, useCompressionStream: true });

export function isArchive(start: Uint8Array): boolean {
  return start[0] === 0x50 && start[1] === 0x4b && (start[2] === 3 || start[2] === 5);
}

function refuse(message: string, code: string): never {
  throw new CannotBeCleaned(message, code);
}

function checkBounds(entries: readonly FileEntry[], archive: Blob): void {
  const unpacked = entries.reduce((sum, entry) => sum + entry.uncompressedSize, 0);
  const isBomb = unpacked > RATIO_FREE_BYTES && unpacked / Math.max(archive.size, 1) > HIGHEST_RATIO;
  if (entries.length > MOST_FILES) {
    refuse("The archive holds too many files; send one study at a time.", "archive-too-many-files");
  }
  if (isBomb || unpacked > MOST_BYTES) {
    refuse("The archive would unpack to more than any MR study has; send a folder.", "archive-too-large");
  }
  if (entries.some((entry) => entry.encrypted)) {
    refuse("The archive is protected by a password; send it without one.", "archive-encrypted");
  }
}

async function unpack(entry: FileEntry): Promise<Uint8Array<ArrayBuffer>> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await entry.getData(new Uint8ArrayWriter(), { checkSignature: true });
  } catch {
    return refuse("It is damaged in the archive; make the ZIP again.", "damaged");
  }
  if (bytes.length !== entry.uncompressedSize) refuse("It is damaged in the archive.", "damaged");
  return bytes;
}

/** The files of an archive in its own order; names and comments stay here. */
export async function membersOf(archive: Blob): Promise<Member[]> {
  let entries: FileEntry[];
  try {
    const all = await new ZipReader(new BlobReader(archive)).getEntries();
    entries = all.filter((entry): entry is FileEntry => !entry.directory);
  } catch {
    return refuse("The archive is damaged or was not copied completely.", "archive-damaged");
  }
  if (entries.length === 0) refuse("The archive is empty.", "archive-empty");
  checkBounds(entries, archive);
  return entries.map((entry) => ({
    name: entry.filename,
    size: entry.uncompressedSize,
    bytes: () => unpack(entry),
  }));
}
