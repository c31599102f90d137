/** Text of DICOM elements: which bytes are which characters (PS3.5, 6.1). */

const LABELS: Readonly<Record<string, string>> = {
  "": "windows-1252",
  "ISO_IR 6": "windows-1252",
  "ISO_IR 100": "windows-1252",
  "ISO_IR 101": "iso-8859-2",
  "ISO_IR 109": "iso-8859-3",
  "ISO_IR 110": "iso-8859-4",
  "ISO_IR 126": "iso-8859-7",
  "ISO_IR 127": "iso-8859-6",
  "ISO_IR 138": "iso-8859-8",
  "ISO_IR 144": "iso-8859-5",
  "ISO_IR 148": "windows-1254",
  "ISO_IR 166": "windows-874",
  "ISO_IR 203": "iso-8859-15",
  "ISO_IR 13": "shift_jis",
  "ISO_IR 192": "utf-8",
  GB18030: "gb18030",
  GBK: "gbk",
  "ISO 2022 IR 58": "gb2312",
  "ISO 2022 IR 87": "iso-2022-jp",
  "ISO 2022 IR 149": "euc-kr",
  "ISO 2022 IR 159": "iso-2022-jp",
};

const decoders = new Map<string, TextDecoder>();

function decoder(label: string): TextDecoder {
  const known = decoders.get(label) ?? new TextDecoder(label);
  decoders.set(label, known);
  return known;
}

/** The encoding that a SpecificCharacterSet (trimmed) names; of several, the last that is known. */
export function encodingOf(characterSet: string): string {
  const terms = characterSet.split("\\").map((term) => term.trim().replace(/^ISO 2022 IR (?!58|87|149|159)/, "ISO_IR "));
  const labels = terms.map((term) => LABELS[term]).filter((label): label is string => label !== undefined);
  return labels.at(-1) ?? "windows-1252";
}

export function decode(bytes: Uint8Array, encoding: string): string {
  return decoder(encoding).decode(bytes);
}

/** ASCII, every other byte as U+FFFD. */
export function ascii(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte < 0x80 ? String.fromCharCode(byte) : "\ufffd";
  return text;
}

const LONGEST = 256;

/** Trimmed printable text of at most 256 characters, as the server's readers take it. */
export function plainText(text: string): string {
  const cut = [...text].slice(0, LONGEST).join("");
  return cut.replace(/(?! )[\p{C}\p{Z}]/gu, " ").replaceAll("\ufffd", "").trim();
}
