/** Words that scripts write, in the language of the page: the server puts them into it. */

import { count } from "./numbers";

let known: Readonly<Record<string, string>> | undefined;

function pageWords(): Readonly<Record<string, string>> {
  const element = globalThis.document?.getElementById("words");
  return element?.textContent ? (JSON.parse(element.textContent) as Record<string, string>) : {};
}

/** The words for a number of things; each language has its own rule for one and for more. */
export function counted(
  number: number,
  one: string,
  more: string,
  values: Readonly<Record<string, string | number>> = {},
): string {
  const rule = new Intl.PluralRules(globalThis.document?.documentElement?.lang || "en");
  return translated(rule.select(number) === "one" ? one : more, { n: count(number), ...values });
}

/** The words of the page for this English text, or the text; `%(name)s` takes the value of `name`. */
export function translated(text: string, values: Readonly<Record<string, string | number>> = {}): string {
  known ??= pageWords();
  return (known[text] ?? text).replace(/%\((\w+)\)s/g, (place, name: string) => String(values[name] ?? place));
}
