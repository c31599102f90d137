/** The one rule table of the portal, as the browser uses it; the server sends it with the key. */

export type Action =
  | "number"
  | "words"
  | "version"
  | "uid"
  | "known uid"
  | "shift"
  | "empty"
  | "pseudonym"
  | "age"
  | "code"
  | "pointer"
  | "items"
  | "pixels";

/** `rules.json` as it stands. */
export interface RuleTable {
  readonly version: string;
  readonly method_codes: readonly (readonly string[])[];
  readonly sop_classes: Readonly<Record<string, string>>;
  readonly refused_image_types: readonly string[];
  readonly refused_descriptions: readonly string[];
  readonly photometric_interpretations: readonly string[];
  readonly refused_transfer_syntaxes: readonly string[];
  readonly date_shift_days: readonly number[];
  readonly oldest_age_years: number;
  readonly transfer_syntaxes: string;
  readonly standard_uids: string;
  readonly implementation: readonly string[];
  readonly words: readonly string[];
  readonly terms: readonly string[];
  readonly codes: readonly (readonly string[])[];
  readonly private: readonly (readonly string[])[];
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  readonly sidecar: Readonly<Record<string, string>>;
}

export interface AttributeRule {
  readonly action: Action;
  /** The first of the table; what an attribute without a stated VR is read as. */
  readonly vr: string;
  /** What the attribute may come as. */
  readonly vrs: ReadonlySet<string>;
}

export interface PrivateRule {
  readonly creator: string;
  readonly group: number;
  readonly element: number;
  readonly vr: string;
  readonly action: Action;
}

export interface Rules {
  readonly table: RuleTable;
  readonly attributes: ReadonlyMap<number, AttributeRule>;
  readonly private: readonly PrivateRule[];
  readonly words: ReadonlySet<string>;
  readonly terms: ReadonlySet<string>;
  readonly codes: ReadonlySet<string>;
  readonly refusedDescriptions: RegExp;
  readonly transferSyntaxes: RegExp;
  readonly standardUids: RegExp;
}

// A value is read as what the table says it is; files now and then use a close relative of it.
const ALIKE: readonly (readonly string[])[] = [
  ["DS", "IS"],
  ["US", "SS", "UL", "SL", "FL", "FD"],
  ["AE", "AS", "CS", "LO", "SH", "UC"],
  ["OB", "OW", "OF", "OD"],
];

function attributeRule(row: readonly string[]): AttributeRule {
  const named = row[1]!.split(" or ");
  const alike = ALIKE.filter((group) => group.some((vr) => named.includes(vr))).flat();
  return { action: row[2] as Action, vr: named[0]!, vrs: new Set([...named, ...alike]) };
}

export function codeKey(scheme: string, value: string): string {
  return `${scheme}\\${value}`;
}

export function compileRules(table: RuleTable): Rules {
  const attributes = Object.entries(table.attributes);
  return {
    table,
    attributes: new Map(attributes.map(([tag, row]) => [Number.parseInt(tag, 16), attributeRule(row)])),
    private: table.private.map(([creator, group, element, vr, action]) => ({
      creator: creator!,
      group: Number.parseInt(group!, 16),
      element: Number.parseInt(element!, 16),
      vr: vr!,
      action: action as Action,
    })),
    words: new Set(table.words),
    terms: new Set(table.terms),
    codes: new Set(table.codes.map(([scheme, value]) => codeKey(scheme!, value!))),
    refusedDescriptions: new RegExp(table.refused_descriptions.join("|"), "i"),
    transferSyntaxes: new RegExp(table.transfer_syntaxes),
    standardUids: new RegExp(table.standard_uids),
  };
}
