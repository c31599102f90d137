/** The list of files that is agreed with the server, and how they are packed for the way. */

export interface ChosenFile {
  readonly path: string;
  readonly file: File;
}

export interface HashedFile extends ChosenFile {
  readonly sha256: string;
}

export interface Parcel {
  readonly kind: "file" | "bundle";
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly blob: Blob;
}

/** Files up to this size travel in bundles: a round trip each would take longer than the bytes. */
export const SMALL_FILE_BYTES = 8 * 1024 * 1024;
/** Small enough that little is sent again after a crash; the server takes up to 256 MiB. */
export const BUNDLE_BYTES = 32 * 1024 * 1024;
const BLOCK = 512;

const IGNORED = /(^|\/)(\.DS_Store|Thumbs\.db|desktop\.ini|__MACOSX(\/.*)?|\._[^/]*)$/i;

/** Leave out what operating systems put into folders; everything else is the user's to decide. */
export function withoutSystemFiles<T extends { path: string }>(files: readonly T[]): T[] {
  return files.filter((file) => !IGNORED.test(file.path));
}

/** The part of a path that all share (the chosen folder) says nothing: drop it. */
export function withoutCommonFolder(paths: readonly string[]): string[] {
  const split = paths.map((path) => path.split("/"));
  const first = split[0]?.[0];
  const shared = split.length > 0 && split.every((parts) => parts.length > 1 && parts[0] === first);
  return shared ? withoutCommonFolder(split.map((parts) => parts.slice(1).join("/"))) : [...paths];
}

function field(text: string, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode(text).subarray(0, size));
  return bytes;
}

function octal(value: number, size: number): string {
  return `${value.toString(8).padStart(size - 1, "0")}\0`;
}

/** A POSIX ustar header of a plain file. */
export function tarHeader(name: string, size: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(BLOCK);
  const put = (offset: number, bytes: Uint8Array): void => header.set(bytes, offset);
  put(0, field(name, 100));
  put(100, field(octal(0o644, 8), 8));
  put(108, field(octal(0, 8), 8));
  put(116, field(octal(0, 8), 8));
  put(124, field(octal(size, 12), 12));
  put(136, field(octal(0, 12), 12));
  put(148, field("        ", 8));
  put(156, field("0", 1));
  put(257, field("ustar\0" + "00", 8));
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, field(`${sum.toString(8).padStart(6, "0")}\0 `, 8));
  return header;
}

/** Bytes of zeros that fill the last block of a file of `size` bytes. */
export function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/** A tar of the files, named by their SHA-256; nothing is read until it is sent. */
export function bundle(files: readonly HashedFile[]): Blob {
  const parts: BlobPart[] = [];
  for (const { sha256, file } of files) {
    parts.push(tarHeader(sha256, file.size), file, new Uint8Array(padding(file.size)));
  }
  return new Blob([...parts, new Uint8Array(2 * BLOCK)]);
}

/** Pack the files that the server lacks: each content once, small ones together. */
export function pack(files: readonly HashedFile[], missing: ReadonlySet<string>): Parcel[] {
  const once = new Map<string, HashedFile>();
  for (const file of files) if (missing.has(file.sha256)) once.set(file.sha256, file);
  const parcels: Parcel[] = [];
  let open: HashedFile[] = [];
  let openBytes = 0;
  const close = (): void => {
    if (open.length === 0) return;
    const blob = bundle(open);
    const name = `${open.length} files`;
    parcels.push({ kind: "bundle", name, sha256: open[0]!.sha256, bytes: openBytes, blob });
    [open, openBytes] = [[], 0];
  };
  for (const each of once.values()) {
    const { file, sha256, path } = each;
    if (file.size > SMALL_FILE_BYTES) {
      parcels.push({ kind: "file", name: path, sha256, bytes: file.size, blob: file });
      continue;
    }
    if (openBytes + file.size > BUNDLE_BYTES) close();
    open.push(each);
    openBytes += file.size;
  }
  close();
  return parcels;
}
