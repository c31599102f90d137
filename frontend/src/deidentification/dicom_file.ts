/** One DICOM file: judged, cleaned, or not sent, with the reason; the same as `dicom_file.py`. */

import { CannotBeCleaned, Cleaner, textOf } from "./cleaning";
import { Damaged, readDicom, type DicomFile } from "./dicom_reader";
import { encode, evenText, fileHead, type CleanElement } from "./dicom_writer";
import type { Pseudonyms } from "./pseudonyms";
import type { Rules } from "./rules";

export const METHOD = "Lobule rules";
const [SOP_CLASS, SOP_INSTANCE, STUDY, SERIES] = [0x00080016, 0x00080018, 0x0020000d, 0x0020000e];
const [PATIENT_NAME, PATIENT_ID] = [0x00100010, 0x00100020];
const [FLOAT_PIXELS, DOUBLE_PIXELS, PIXELS] = [0x7fe00008, 0x7fe00009, 0x7fe00010];
const UNCOMPRESSED = new Set(["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"]);

export interface CleanFile {
  readonly parts: readonly Uint8Array[];
  readonly seriesUid: string;
  readonly instanceUid: string;
  readonly removed: number;
}

/** Read a file, or its beginning (`isCut`). */
export function read(bytes: Uint8Array, rules: Rules, isCut = false): DicomFile {
  const isSequence = new Set(
    [...rules.attributes].filter(([, rule]) => rule.action === "items").map(([tag]) => tag),
  );
  const isWanted = (tag: number): boolean => isSequence.has(tag) || isPrivateSequence(tag, rules);
  const isKnown = (uid: string): boolean => rules.transferSyntaxes.test(uid);
  let file: DicomFile;
  try {
    file = readDicom(bytes, isKnown, isWanted, isCut);
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    throw new CannotBeCleaned("It is damaged and cannot be read.", "damaged");
  }
  if (!isKnown(file.transferSyntax)) {
    throw new CannotBeCleaned(
      "It does not say how it is encoded, or in a vendor's own way; export it again.",
      "no-encoding",
    );
  }
  return file;
}

function isPrivateSequence(tag: number, rules: Rules): boolean {
  return rules.private.some(
    (rule) => rule.action === "items" && tag >>> 16 === rule.group && (tag & 0xff) === rule.element && (tag & 0xffff) > 0xff,
  );
}

/** Refuse what may show names in its pixels. */
export function refuseWhatMayShowNames(file: DicomFile, rules: Rules): void {
  const { table } = rules;
  const text = (tag: number): string => textOf(file, file.dataset, tag);
  const refuse = (isRefused: boolean, message: string, code: string): void => {
    if (isRefused) throw new CannotBeCleaned(message, code);
  };
  refuse(
    !(text(SOP_CLASS) in table.sop_classes),
    "Only MR and CT images and parametric maps are sent; this is another kind of object.",
    "kind-not-sent",
  );
  refuse(
    table.refused_transfer_syntaxes.includes(file.transferSyntax),
    "It is deflated; export it again without this compression.",
    "deflated",
  );
  refuse(
    text(0x00280301).toUpperCase() === "YES",
    "Its header says that text is burned in.",
    "burned-in",
  );
  refuse(
    namesAScreenshot(file, rules),
    "It is a screen save or an overlay, which may show the patient's name.",
    "screen-save",
  );
  refuse(
    !table.photometric_interpretations.includes(text(0x00280004)) || integer(file, 0x00280002) !== 1,
    "It is a colour image, which may show the patient's name.",
    "colour",
  );
}

function namesAScreenshot(file: DicomFile, rules: Rules): boolean {
  const imageType = textOf(file, file.dataset, 0x00080008).toUpperCase().split("\\");
  const isSaid = rules.table.refused_image_types.some((refused) =>
    imageType.some((value) => value.includes(refused)),
  );
  const isDescribed = rules.refusedDescriptions.test(textOf(file, file.dataset, 0x0008103e));
  return isSaid || isDescribed || file.dataset.elements.has(0x00080064); // ConversionType
}

/** A whole number out of a US or IS element. */
export function integer(file: DicomFile, tag: number): number | undefined {
  const element = file.dataset.elements.get(tag);
  if (element === undefined || element.end === element.start) return undefined;
  const isBinary = element.vr === "US" || (element.vr === "" && tag >>> 16 === 0x28 && tag !== 0x00280008);
  const value = isBinary
    ? file.view.getUint16(element.start, file.isLittleEndian)
    : Number(textOf(file, file.dataset, tag).split("\\")[0]);
  return Number.isFinite(value) ? Math.round(value) : undefined;
}

function hasAllPixels(file: DicomFile): boolean {
  const { elements } = file.dataset;
  const pixels = elements.get(PIXELS) ?? elements.get(FLOAT_PIXELS) ?? elements.get(DOUBLE_PIXELS);
  if (pixels === undefined || pixels.end === pixels.start) return false;
  if (!UNCOMPRESSED.has(file.transferSyntax)) return true;
  const sizes = [0x00280010, 0x00280011, 0x00280100].map((tag) => integer(file, tag) ?? 0);
  const frames = integer(file, 0x00280008) || 1;
  const bits = sizes.reduce((product, size) => product * size, frames);
  return bits > 0 && (pixels.end - pixels.start) * 8 >= bits;
}

function declaration(tag: number, vr: string, text: string): CleanElement {
  return { tag, vr, value: evenText(text, vr) };
}

/** Say in the file what was done to it (PS3.15 E.1). */
function declarations(rules: Rules, subject: string): CleanElement[] {
  const codes = rules.table.method_codes.map(([value, meaning]) => [
    declaration(0x00080100, "SH", value!),
    declaration(0x00080102, "SH", "DCM"),
    declaration(0x00080104, "LO", meaning!),
  ]);
  return [
    declaration(0x00080005, "CS", "ISO_IR 192"),
    declaration(PATIENT_NAME, "PN", subject),
    declaration(PATIENT_ID, "LO", subject),
    declaration(0x00120062, "CS", "YES"),
    declaration(0x00120063, "LO", `${METHOD} ${rules.table.version}`),
    { tag: 0x00120064, vr: "SQ", value: codes },
    declaration(0x00280303, "CS", "MODIFIED"),
  ];
}

/** The cleaned copy of a file. */
export function clean(file: DicomFile, rules: Rules, pseudonyms: Pseudonyms): CleanFile {
  refuseWhatMayShowNames(file, rules);
  if (!hasAllPixels(file)) {
    throw new CannotBeCleaned("Its pixels are missing or cut off; export it again.", "damaged");
  }
  const patientId = patientIdOf(file);
  const cleaner = new Cleaner(file, rules, pseudonyms, patientId);
  const kept = new Map(cleaner.clean(file.dataset).map((each) => [each.tag, each]));
  const [sopClass, instanceUid, , seriesUid] = [SOP_CLASS, SOP_INSTANCE, STUDY, SERIES].map((tag) =>
    requiredText(kept, tag),
  ) as [string, string, string, string];
  for (const each of declarations(rules, pseudonyms.subject(patientId))) kept.set(each.tag, each);
  const head = fileHead(sopClass, instanceUid, file.transferSyntax, rules.table.implementation);
  const encoding = { isExplicit: file.dataset.isExplicit, isLittleEndian: file.isLittleEndian };
  const parts = [...head, ...encode([...kept.values()], encoding)];
  return { parts, seriesUid, instanceUid, removed: cleaner.removed };
}

export function patientIdOf(file: DicomFile): string {
  return textOf(file, file.dataset, PATIENT_ID);
}

function requiredText(kept: ReadonlyMap<number, CleanElement>, tag: number): string {
  const value = kept.get(tag)?.value;
  const text = value instanceof Uint8Array ? new TextDecoder().decode(value).replace(/[\0 ]+$/, "") : "";
  if (text === "") throw new CannotBeCleaned("Its identifiers are missing.", "no-identifiers");
  return text;
}
