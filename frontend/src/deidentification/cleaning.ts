/** Builds new elements from what the rule table allows of old ones; the same as `cleaning.py`. */

import type { Dataset, DicomFile, Element } from "./dicom_reader";
import { decode, encodingOf, plainText } from "./dicom_text";
import { evenText, type CleanElement } from "./dicom_writer";
import type { Pseudonyms } from "./pseudonyms";
import { codeKey, type Action, type AttributeRule, type PrivateRule, type Rules } from "./rules";
import * as values from "./values";
import { Unclean } from "./values";
import { knownVersion, knownWords, strip } from "./words";

const DEEPEST = 12;
const CHARACTER_SET = 0x00080005;
const [CODE_VALUE, CODE_SCHEME] = [0x00080100, 0x00080102];
const PIXEL_REPRESENTATION = 0x00280103;
const [FIRST_BLOCK, LAST_BLOCK] = [0x10, 0xff];

/** A file is not sent, because what is in it cannot be judged. */
export class CannotBeCleaned extends Error {
  constructor(
    message: string,
    readonly code: string,
  ) {
    super(message);
  }
}

export class Cleaner {
  removed = 0;

  constructor(
    private readonly file: DicomFile,
    private readonly rules: Rules,
    private readonly pseudonyms: Pseudonyms,
    private readonly patientId: string,
  ) {}

  clean(dataset: Dataset, encoding = encodingIn(this.file, dataset), depth = 0): CleanElement[] {
    if (depth > DEEPEST) {
      throw new CannotBeCleaned("Its sequences are nested too deeply.", "nested-too-deep");
    }
    if (depth > 0 && this.isUnknownCode(dataset, encoding)) {
      this.removed += dataset.elements.size;
      return [];
    }
    const kept: CleanElement[] = [];
    for (const element of dataset.elements.values()) {
      const rule = this.rules.attributes.get(element.tag);
      if (rule) this.keep(kept, dataset, element, rule, encoding, depth);
      else this.removed += isPrivateCreator(element.tag) ? 0 : 1;
    }
    const blocks = new Map<string, number>();
    for (const rule of this.rules.private) this.keepPrivate(kept, blocks, dataset, rule, encoding, depth);
    return kept;
  }

  private attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Unclean)) throw error;
      this.removed += 1;
    }
  }

  private keep(
    kept: CleanElement[],
    dataset: Dataset,
    element: Element,
    rule: AttributeRule,
    encoding: string,
    depth: number,
  ): void {
    this.attempt(() => {
      const vr = this.vrOf(element, rule, dataset);
      if (rule.action !== "empty" && !rule.vrs.has(vr)) throw new Unclean();
      kept.push(this.cleaned({ ...element, vr }, rule.action, encoding, depth));
    });
  }

  /** The VR of an element; of implicit and unknown ones that of the table. */
  private vrOf(element: Element, rule: AttributeRule, dataset: Dataset): string {
    if (element.vr !== "" && element.vr !== "UN") return element.vr;
    if (rule.action === "pixels") return rule.vrs.has("OW") ? "OW" : rule.vr;
    const isEither = rule.vrs.has("US") && rule.vrs.has("SS") && (rule.vr === "US" || rule.vr === "SS");
    return isEither && this.isSigned(dataset) ? "SS" : rule.vr;
  }

  private isSigned(dataset: Dataset): boolean {
    const here = dataset.elements.get(PIXEL_REPRESENTATION);
    const element = here ?? this.file.dataset.elements.get(PIXEL_REPRESENTATION);
    return element !== undefined && this.file.view.getUint16(element.start, this.file.isLittleEndian) === 1;
  }

  private cleaned(element: Element, action: Action, encoding: string, depth: number): CleanElement {
    const { tag, vr, hasUndefinedLength } = element;
    if (action === "pixels") return { tag, vr, value: this.bytesOf(element), hasUndefinedLength };
    if (action === "items") return { tag, vr, value: this.items(element, encoding, depth) };
    if (element.items) throw new Unclean();
    return { tag, vr, value: this.simple(element, action, encoding, depth) };
  }

  private items(element: Element, encoding: string, depth: number): CleanElement[][] {
    if (element.items === undefined) {
      if (element.end > element.start) throw new Unclean();
      return [];
    }
    const cleaned = element.items.map((item) => {
      const own = item.elements.has(CHARACTER_SET) ? encodingIn(this.file, item) : encoding;
      return this.clean(item, own, depth + 1);
    });
    return cleaned.filter((item) => item.length > 0);
  }

  private simple(element: Element, action: Action, encoding: string, depth: number): Uint8Array {
    const { rules, pseudonyms, patientId } = this;
    const { isLittleEndian } = this.file;
    const bytes = this.bytesOf(element);
    if (action === "empty") return new Uint8Array(0);
    if (action === "code" && depth === 0) throw new Unclean(); // codes stand in sequences
    if (action === "number") return values.numbers(bytes, element.vr, isLittleEndian);
    if (action === "pointer") return values.pointers(bytes, isLittleEndian, rules);
    const text = decode(bytes, encoding);
    const each = (clean: (value: string, rules: Rules) => string): string =>
      values.several(text).map((value) => clean(value, rules)).join("\\");
    const kept: Record<Exclude<Action, "number" | "pointer" | "pixels" | "items" | "empty">, () => string> = {
      words: () => each(knownWords),
      version: () => each(knownVersion),
      uid: () => values.uids(text, pseudonyms),
      "known uid": () => values.knownUids(text, rules),
      shift: () => values.shifted(text, element.vr, pseudonyms, patientId, rules),
      pseudonym: () => pseudonyms.subject(patientId),
      age: () => values.age(text, rules),
      code: () => strip(text.replace(/[\0 ]+$/, "")), // the whole code was checked before
    };
    return evenText(kept[action as keyof typeof kept](), element.vr);
  }

  private isUnknownCode(dataset: Dataset, encoding: string): boolean {
    if (!dataset.elements.has(CODE_VALUE) && !dataset.elements.has(CODE_SCHEME)) return false;
    const scheme = textOf(this.file, dataset, CODE_SCHEME, encoding);
    const value = textOf(this.file, dataset, CODE_VALUE, encoding);
    return !this.rules.codes.has(codeKey(scheme, value));
  }

  private keepPrivate(
    kept: CleanElement[],
    blocks: Map<string, number>,
    dataset: Dataset,
    rule: PrivateRule,
    encoding: string,
    depth: number,
  ): void {
    const found = this.privateElement(dataset, rule);
    if (found === undefined) return;
    this.attempt(() => {
      const { tag: _tag, ...cleaned } = this.cleanedPrivate(found, rule, encoding, depth);
      const block = this.blockOf(kept, blocks, rule);
      kept.push({ ...cleaned, tag: rule.group * 0x10000 + block * 0x100 + rule.element });
    });
  }

  private cleanedPrivate(found: Element, rule: PrivateRule, encoding: string, depth: number): CleanElement {
    if (!["", "UN", rule.vr].includes(found.vr)) throw new Unclean();
    if (found.vr === "UN" && rule.action === "number") {
      const value = values.lostNumber(this.bytesOf(found), rule.vr, this.file.isLittleEndian);
      return { tag: found.tag, vr: rule.vr, value };
    }
    return this.cleaned({ ...found, vr: rule.vr }, rule.action, encoding, depth);
  }

  private blockOf(kept: CleanElement[], blocks: Map<string, number>, rule: PrivateRule): number {
    const name = `${rule.group}\\${rule.creator}`;
    const known = blocks.get(name);
    if (known !== undefined) return known;
    const block = FIRST_BLOCK + [...blocks.keys()].filter((key) => key.startsWith(`${rule.group}\\`)).length;
    blocks.set(name, block);
    kept.push({ tag: rule.group * 0x10000 + block, vr: "LO", value: evenText(rule.creator) });
    return block;
  }

  /** A private element by its creator, or in its usual place where no creator is left. */
  private privateElement(dataset: Dataset, rule: PrivateRule): Element | undefined {
    const at = (block: number): number => rule.group * 0x10000 + block * 0x100 + rule.element;
    let hasBlock = false;
    for (let block = FIRST_BLOCK; block <= LAST_BLOCK; block += 1) {
      const creator = dataset.elements.get(rule.group * 0x10000 + block);
      if (creator === undefined) continue;
      hasBlock = true;
      const name = strip(decode(this.bytesOf(creator), "windows-1252").replace(/[\0 ]+$/, ""));
      if (name === rule.creator) return dataset.elements.get(at(block));
    }
    return hasBlock ? undefined : dataset.elements.get(at(FIRST_BLOCK));
  }

  private bytesOf(element: Element): Uint8Array {
    return this.file.bytes.subarray(element.start, element.end);
  }
}

function isPrivateCreator(tag: number): boolean {
  const element = tag & 0xffff;
  return ((tag >>> 16) & 1) === 1 && element >= 0x10 && element <= 0xff;
}

function encodingIn(file: DicomFile, dataset: Dataset): string {
  const element = dataset.elements.get(CHARACTER_SET);
  if (element === undefined) return encodingOf("");
  return encodingOf(plainText(decode(file.bytes.subarray(element.start, element.end), "windows-1252")));
}

/** An element as trimmed printable text; empty where there is none. */
export function textOf(file: DicomFile, dataset: Dataset, tag: number, encoding?: string): string {
  const element = dataset.elements.get(tag);
  if (element === undefined || element.items) return "";
  const bytes = file.bytes.subarray(element.start, element.end);
  const text = decode(bytes, encoding ?? encodingIn(file, dataset)).replace(/[\0 ]+$/, "");
  return plainText(text);
}
