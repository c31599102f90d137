/** Words that scripts write, in the language of the page: the server puts them into it. */

let known: Readonly<Record<string, string>> | undefined;

function pageWords(): Readonly<Record<string, string>> {
  const element = document.getElementById("words");
  return element?.textContent ? (JSON.parse(element.textContent) as Record<string, string>) : {};
}

/** The words of the page for this English text, or the text; `%(name)s` takes the value of `name`. */
export function translated(text: string, values: Readonly<Record<string, string | number>> = {}): string {
  known ??= pageWords();
  return (known[text] ?? text).replace(/%\((\w+)\)s/g, (place, name: string) => String(values[name] ?? place));
}
