/** What is left of one value under each action of the rule table; the same as `values.py`. */

import { ascii } from "./dicom_text";
import { evenText } from "./dicom_writer";
import type { Pseudonyms } from "./pseudonyms";
import type { Rules } from "./rules";
import { strip } from "./words";

/** A value is not what its attribute should hold, so that nothing can be said about it. */
export class Unclean extends Error {}

const LONGEST_NUMBER = 16;
const DECIMAL = /^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$/;
const WHOLE = /^[+-]?[0-9]+(\.0*)?$/;
const DATE = /^([0-9]{4})\.?([0-9]{2})\.?([0-9]{2})/;
const AGE = /^([0-9]{1,3})([DWMY])$/;
const EARLIEST_YEAR = 1000;
const SIZES: Readonly<Record<string, number>> = { US: 2, SS: 2, UL: 4, SL: 4, FL: 4, FD: 8 };

export function isBinaryNumber(vr: string): boolean {
  return vr in SIZES;
}

/** The values of a text element: padding at the end goes, backslashes part. */
export function several(text: string): string[] {
  return text.replace(/[\0 ]+$/, "").split("\\");
}

function decimals(bytes: Uint8Array, vr: string): Uint8Array {
  const whole = strip(ascii(bytes));
  if (whole === "") return new Uint8Array(0);
  const pattern = vr === "IS" ? WHOLE : DECIMAL;
  const kept = whole.replace(/[\0 ]+$/, "").split("\\").map(strip);
  if (!kept.every((each) => each.length <= LONGEST_NUMBER && pattern.test(each))) throw new Unclean();
  return evenText(kept.join("\\"));
}

function areFinite(bytes: Uint8Array, vr: string, isLittleEndian: boolean): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += SIZES[vr]!) {
    const value = vr === "FL" ? view.getFloat32(at, isLittleEndian) : view.getFloat64(at, isLittleEndian);
    if (!Number.isFinite(value)) return false;
  }
  return true;
}

/** The bytes if all values are finite numbers, as they were written. */
export function numbers(bytes: Uint8Array, vr: string, isLittleEndian: boolean): Uint8Array {
  if (!isBinaryNumber(vr)) return decimals(bytes, vr);
  if (bytes.length % SIZES[vr]! !== 0) throw new Unclean();
  if ((vr === "FL" || vr === "FD") && !areFinite(bytes, vr, isLittleEndian)) throw new Unclean();
  return bytes;
}

/** A private number whose type was lost: one value of the type the table names. */
export function lostNumber(bytes: Uint8Array, vr: string, isLittleEndian: boolean): Uint8Array {
  if (bytes.length !== SIZES[vr]) throw new Unclean();
  return numbers(bytes, vr, isLittleEndian);
}

export function uids(text: string, pseudonyms: Pseudonyms): string {
  return several(text)
    .filter((uid) => uid !== "")
    .map((uid) => pseudonyms.uid(uid))
    .join("\\");
}

export function knownUids(text: string, rules: Rules): string {
  const kept = several(text);
  if (!kept.every((uid) => rules.standardUids.test(uid))) throw new Unclean();
  return kept.join("\\");
}

function dayOf(found: RegExpExecArray): number {
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isReal = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isReal) throw new Unclean();
  return date.getTime();
}

/** Move a DA or DT; of a DT the time of day is set to midnight. */
export function shifted(
  text: string,
  vr: string,
  pseudonyms: Pseudonyms,
  patientId: string,
  rules: Rules,
): string {
  const given = strip(text.replace(/[\0 ]+$/, ""));
  if (given === "") return "";
  const found = DATE.exec(given);
  if (found === null || given.includes("\\")) throw new Unclean();
  const moved = new Date(pseudonyms.shifted(dayOf(found), patientId, rules.table.date_shift_days));
  if (moved.getUTCFullYear() < EARLIEST_YEAR) throw new Unclean();
  const day = moved.toISOString().slice(0, 10).replaceAll("-", "");
  return vr === "DT" ? `${day}000000` : day;
}

export function age(text: string, rules: Rules): string {
  const given = strip(text.replace(/[\0 ]+$/, ""));
  const found = AGE.exec(given);
  if (found === null) return "";
  const limit = rules.table.oldest_age_years;
  return found[2] === "Y" && Number(found[1]) > limit ? `${String(limit).padStart(3, "0")}Y` : given;
}

/** Pointers to attributes that are kept; to others they would lead nowhere. */
export function pointers(bytes: Uint8Array, isLittleEndian: boolean, rules: Rules): Uint8Array {
  if (bytes.length % 4 !== 0) throw new Unclean();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += 4) {
    const tag = view.getUint16(at, isLittleEndian) * 0x10000 + view.getUint16(at + 2, isLittleEndian);
    if (!rules.attributes.has(tag)) throw new Unclean();
  }
  return bytes;
}
