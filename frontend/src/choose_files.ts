/** From a drop or a file field to files with their paths below what was chosen. */

import { withoutCommonFolder, withoutSystemFiles, type ChosenFile } from "./manifest";

function allEntries(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const found: FileSystemEntry[] = [];
  return new Promise((resolve, reject) => {
    // A reader gives at most 100 entries at a time, and none at the end.
    const next = (): void =>
      reader.readEntries((some) => {
        if (some.length === 0) return resolve(found);
        found.push(...some);
        next();
      }, reject);
    next();
  });
}

async function walk(entry: FileSystemEntry, found: ChosenFile[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    found.push({ path: entry.fullPath.replace(/^\//, ""), file });
    return;
  }
  for (const inside of await allEntries(entry as FileSystemDirectoryEntry)) await walk(inside, found);
}

function tidy(found: ChosenFile[]): ChosenFile[] {
  const kept = withoutSystemFiles(found);
  const paths = withoutCommonFolder(kept.map((each) => each.path));
  return kept.map((each, index) => ({ path: paths[index]!, file: each.file }));
}

export async function fromDrop(transfer: DataTransfer): Promise<ChosenFile[]> {
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry): entry is FileSystemEntry => entry !== null);
  const found: ChosenFile[] = [];
  for (const entry of entries) await walk(entry, found);
  return tidy(found);
}

export function fromField(files: FileList): ChosenFile[] {
  return tidy([...files].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
}
