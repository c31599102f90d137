/** Free text reduced to known imaging words; the same as `wording.py` on the server. */

import type { Rules } from "./rules";

const TOKEN = /[\p{L}\p{N}]+/gu;
const PIECE = /[0-9]+|(?:(?![0-9])[\p{L}\p{N}])+/gu;
const CAMEL = /[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g;
// Python's white space, not JavaScript's: both sides must cut alike.
const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/gu;
const STRANGE = /[^\p{L}\p{N}_\-/*:.+%()[\],=<>\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/gu;
const DIGITS_IN_WORD = 3;
const LONE_DIGITS = 2;
const DIGITS_IN_VERSION = 4;

export function strip(text: string): string {
  return text.replace(SPACES, " ").trim() === "" ? "" : trimSpaces(text);
}

function trimSpaces(text: string): string {
  const isSpace = (at: number): boolean => text.slice(at, at + 1).replace(SPACES, "") === "";
  let [start, end] = [0, text.length];
  while (start < end && isSpace(start)) start += 1;
  while (end > start && isSpace(end - 1)) end -= 1;
  return text.slice(start, end);
}

function isNumber(piece: string): boolean {
  return /^[0-9]+$/.test(piece);
}

function isWord(piece: string, rules: Rules): boolean {
  if (rules.words.has(piece.toLowerCase())) return true;
  const parts = piece.match(CAMEL) ?? [];
  return (
    parts.length > 1 &&
    parts.join("") === piece &&
    parts.every((part) => part.length > 1 && rules.words.has(part.toLowerCase()))
  );
}

function isKnown(token: string, rules: Rules): boolean {
  const pieces = token.match(PIECE) ?? [];
  const areKnown = pieces.every((piece) =>
    isNumber(piece) ? piece.length <= DIGITS_IN_WORD : isWord(piece, rules),
  );
  return areKnown && pieces.filter(isNumber).length <= LONE_DIGITS;
}

function tidy(text: string): string {
  return text.replace(STRANGE, " ").replace(SPACES, " ").trim();
}

export function knownWords(text: string, rules: Rules): string {
  const whole = strip(text);
  if (rules.terms.has(whole)) return whole;
  let loneDigits = LONE_DIGITS;
  const keep = (token: string): string => {
    if (!isNumber(token)) return isKnown(token, rules) ? token : "";
    if (token.length !== 1 || loneDigits === 0) return "";
    loneDigits -= 1;
    return token;
  };
  return tidy(text.replace(TOKEN, keep));
}

export function knownVersion(text: string, rules: Rules): string {
  const keep = (token: string): string => {
    const pieces = token.match(PIECE) ?? [];
    const isVersion = pieces.every((piece) =>
      isNumber(piece) ? piece.length <= DIGITS_IN_VERSION : isWord(piece, rules),
    );
    return isVersion && pieces.length <= DIGITS_IN_VERSION ? token : "";
  };
  return tidy(text.replace(TOKEN, keep));
}
