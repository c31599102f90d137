/** Everything that is derived from a site's secret key; the same as `pseudonyms.py` on the server. */

import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

const KEY_BYTES = 32;
const UID_BYTES = 16;
const DAY_MS = 86_400_000;
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const PSEUDONYM_LETTERS = 10;

function bigEndian(bytes: Uint8Array): bigint {
  return bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

export class Pseudonyms {
  private readonly key: Uint8Array;
  private readonly uids = new Map<string, string>();

  constructor(
    keyHex: string,
    private readonly subjectCode: string,
  ) {
    this.key = hexToBytes(keyHex);
    if (this.key.length !== KEY_BYTES) throw new Error(`The key must have ${KEY_BYTES} bytes.`);
  }

  private digest(purpose: string, value: string): Uint8Array {
    return hmac(sha256, this.key, utf8ToBytes(`${purpose}:${value}`));
  }

  private letters(purpose: string, value: string): string {
    let bits = bigEndian(this.digest(purpose, value).subarray(0, 7)) >> 6n; // 10 times 5 bits
    let letters = "";
    for (let n = 0; n < PSEUDONYM_LETTERS; n += 1, bits >>= 5n) {
      letters = BASE32[Number(bits & 31n)] + letters;
    }
    return letters;
  }

  subject(patientId: string): string {
    return this.subjectCode || `P${this.letters("subject", patientId)}`;
  }

  /** What stands for the name of a NIfTI series. */
  name(original: string): string {
    return `s${bytesToHex(this.digest("name", original)).slice(0, 12)}`;
  }

  uid(original: string): string {
    const known = this.uids.get(original);
    if (known) return known;
    const made = `2.25.${bigEndian(this.digest("uid", original).subarray(0, UID_BYTES))}`;
    this.uids.set(original, made);
    return made;
  }

  shiftDays(patientId: string, between: readonly number[]): number {
    const [low, high] = between as [number, number];
    const number = bigEndian(this.digest("days", patientId).subarray(0, 8));
    return low + Number(number % BigInt(high - low + 1));
  }

  /** Move a day (milliseconds, UTC midnight) into the past. */
  shifted(day: number, patientId: string, between: readonly number[]): number {
    return day - this.shiftDays(patientId, between) * DAY_MS;
  }
}
