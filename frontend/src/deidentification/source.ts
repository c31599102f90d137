/** What a person chose, file by file: cleaned, or named with the reason why it is not sent. */

import { isArchive, membersOf, type Member } from "./archive";
import { CannotBeCleaned } from "./cleaning";
import { clean, patientIdOf, read } from "./dicom_file";
import { isDicom } from "./dicom_reader";
import { cleanName, cleanNifti, cleanSidecar, isNiftiName } from "./nifti";
import { Pseudonyms } from "./pseudonyms";
import { compileRules, type Rules, type RuleTable } from "./rules";

/** What became of one file. `source` stays at the site; the rest may leave it. */
export interface ReceiptLine {
  readonly source: string;
  readonly written: string;
  readonly removed_attributes: number;
  readonly refused_because: string;
  readonly code: string;
}

export interface CleanedFile {
  readonly line: ReceiptLine;
  readonly parts: readonly Uint8Array[];
  /** What the parts are views of, where it is a file on disc. */
  readonly origin?: { readonly file: Blob; readonly buffer: ArrayBufferLike };
}

const START_BYTES = 132;
const LARGEST_BYTES = 1024 ** 3;
const LEFT_ON_DISC_BYTES = 16 * 1024;

interface Copy {
  readonly written: string;
  readonly removed: number;
  readonly parts: readonly Uint8Array[];
  readonly buffer: ArrayBufferLike;
}

async function bytesOf(file: Blob): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new CannotBeCleaned("It cannot be read; choose the folder again.", "unreadable");
  }
}

/** The files in a chosen file: itself, or the members of an archive. */
export async function filesIn(name: string, file: Blob): Promise<(Member & { file?: Blob })[]> {
  const start = await bytesOf(file.slice(0, START_BYTES));
  if (!isArchive(start)) return [{ name, size: file.size, bytes: () => bytesOf(file), file }];
  const members = await membersOf(file);
  return members.map((member) => ({ ...member, name: `${name}/${member.name}` }));
}

/** A copy as a blob; large pieces stay on disc, where the browser notices when they change. */
export function blobOf({ parts, origin }: CleanedFile): Blob {
  const pieces = parts.map((part) =>
    origin && part.buffer === origin.buffer && part.length >= LEFT_ON_DISC_BYTES
      ? origin.file.slice(part.byteOffset, part.byteOffset + part.length)
      : new Uint8Array(part),
  );
  return new Blob(pieces);
}

/** Cleans the files of one subject; refuses a second patient among them. */
export class Deidentifier {
  private readonly rules: Rules;
  private readonly pseudonyms: Pseudonyms;
  private readonly written = new Set<string>();
  private patientId: string | undefined;

  constructor(table: RuleTable, keyHex: string, subject: string) {
    this.rules = compileRules(table);
    this.pseudonyms = new Pseudonyms(keyHex, subject);
  }

  /** Yield each file in `file` (an archive holds many), cleaned or refused. */
  async *clean(name: string, file: Blob): AsyncGenerator<CleanedFile> {
    let members: Awaited<ReturnType<typeof filesIn>>;
    try {
      members = await filesIn(name, file);
    } catch (error) {
      yield refusal(name, error);
      return;
    }
    for (const member of members) yield await this.one(member, member.file);
  }

  private async one(member: Member, file?: Blob): Promise<CleanedFile> {
    try {
      const { written, removed, parts, buffer } = await this.copyOf(member);
      if (this.written.has(written)) {
        throw new CannotBeCleaned("The same image was there before.", "twice");
      }
      this.written.add(written);
      const said = { refused_because: "", code: "" };
      const line = { source: member.name, written, removed_attributes: removed, ...said };
      return { line, parts, ...(file && { origin: { file, buffer } }) };
    } catch (error) {
      return refusal(member.name, error);
    }
  }

  private async copyOf(member: Member): Promise<Copy> {
    if (member.size > LARGEST_BYTES) {
      throw new CannotBeCleaned(
        "It is larger than 1 GiB; clean it with `manage.py deidentify` and send the copy.",
        "too-large",
      );
    }
    const bytes = await member.bytes();
    if (isDicom(bytes)) return this.dicom(bytes);
    if (isNiftiName(member.name)) {
      const written = cleanName(member.name, ".nii", this.rules, this.pseudonyms);
      return { written, removed: 0, parts: await cleanNifti(bytes), buffer: bytes.buffer };
    }
    if (/\.json$/i.test(member.name)) {
      const [parts, removed] = cleanSidecar(bytes, this.rules, this.pseudonyms);
      const written = cleanName(member.name, ".json", this.rules, this.pseudonyms);
      return { written, removed, parts, buffer: bytes.buffer };
    }
    throw new CannotBeCleaned("It is not a DICOM or NIfTI image.", "not-an-image");
  }

  private dicom(bytes: Uint8Array): Copy {
    const file = read(bytes, this.rules);
    const { parts, seriesUid, instanceUid, removed } = clean(file, this.rules, this.pseudonyms);
    const patientId = patientIdOf(file);
    this.patientId ??= patientId;
    if (this.patientId !== patientId) {
      throw new CannotBeCleaned(
        "It belongs to another patient than the files before it; send one patient at a time.",
        "other-patient",
      );
    }
    return { written: `${seriesUid}/${instanceUid}.dcm`, removed, parts, buffer: bytes.buffer };
  }
}

export function refusal(source: string, error: unknown): CleanedFile {
  const refused =
    error instanceof CannotBeCleaned
      ? error
      : new CannotBeCleaned("It could not be judged, so it is not sent.", "not-judged");
  const said = { refused_because: refused.message, code: refused.code };
  return { line: { source, written: "", removed_attributes: 0, ...said }, parts: [] };
}
