/** While the patient is still there: what will be sent, and whether the protocol was met. */

import { inspectFiles, type SiteRules } from "./deidentification/deidentify";
import type { AcquisitionFacts } from "./deidentification/acquisition_facts";
import type { Preview } from "./deidentification/inspection";
import type { ReceiptLine } from "./deidentification/source";
import type { ChosenFile } from "./manifest";
import { count } from "./numbers";
import { byId, requestJson } from "./page";
import { counted, translated } from "./words";

interface Deviation {
  readonly code: string;
  readonly message: string;
  readonly action: string;
}

export interface Verdict {
  readonly standing: "met" | "deviation" | "unusable";
  readonly deviations: readonly Deviation[];
  readonly protocol_version: number | null;
}

const MOST_SHOWN = 200;
const rulesOfSite = new Map<string, Promise<SiteRules>>();

/** The key and the rules of a site; asked for once, kept in memory only. */
export function siteRules(url: string): Promise<SiteRules> {
  const known = rulesOfSite.get(url);
  if (known) return known;
  const asked = requestJson<SiteRules>(url, {});
  rulesOfSite.set(url, asked);
  asked.catch(() => rulesOfSite.delete(url));
  return asked;
}

/** What a verdict is called above its reasons. */
export function headline({ standing, deviations, protocol_version }: Verdict): string {
  if (standing === "unusable") return translated("This study cannot be analysed");
  if (standing === "met") {
    return protocol_version === null ? translated("Suitable for analysis") : translated("Protocol met");
  }
  return counted(deviations.length, "%(n)s deviation from the protocol", "%(n)s deviations from the protocol");
}

function staysHere(files: number): string {
  return counted(files, "%(n)s file stays here", "%(n)s files stay here");
}

/** What was found, in one line. */
export function found({ images, refused }: Preview): string {
  const sent = counted(images, "%(n)s image will be sent", "%(n)s images will be sent");
  return refused.length === 0 ? `${sent}.` : `${sent}, ${staysHere(refused.length)}.`;
}

function element(name: string, text: string, className = ""): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

function showVerdict(verdict: Verdict | undefined): void {
  const box = byId("verdict");
  box.hidden = verdict === undefined;
  if (!verdict) return;
  box.dataset["standing"] = verdict.standing;
  byId("verdict-headline").textContent = headline(verdict);
  const reasons = verdict.deviations.map((each) => {
    const item = element("li", each.message);
    item.append(element("span", each.action, "action"));
    return item;
  });
  byId("verdict-reasons").replaceChildren(...reasons);
}

function refusedRow(line: ReceiptLine): HTMLTableRowElement {
  const row = document.createElement("tr");
  const name = element("th", line.source, "path");
  name.setAttribute("scope", "row");
  row.append(name, element("td", translated(line.refused_because)));
  return row;
}

function showRefused(refused: readonly ReceiptLine[]): void {
  byId("refused").hidden = refused.length === 0;
  byId("refused-count").textContent = staysHere(refused.length);
  const more = refused.length - MOST_SHOWN;
  const rows = refused.slice(0, MOST_SHOWN).map(refusedRow);
  const others = translated("and %(n)s more", { n: count(more) });
  if (more > 0) rows.push(refusedRow({ ...refused[0]!, source: others, refused_because: "" }));
  byId("refused-rows").replaceChildren(...rows);
}

/** Why none of it must be sent, if so. */
export function faultOf({ images, patients, studies }: Preview): string {
  if (images === 0) return translated("None of these files can be sent. The list says why.");
  if (patients > 1) {
    return translated("The files are of %(n)s patients. Choose the folder of one patient and one visit.", {
      n: patients,
    });
  }
  return studies > 1 ? translated("The files are of %(n)s studies. Choose the folder of one study.", { n: studies }) : "";
}

export function hideCheck(): void {
  byId("check").hidden = true;
}

/** Nothing of a study without headers (NIfTI) can be held against a protocol before it arrives. */
async function verdictOn(facts: AcquisitionFacts | null, url: string): Promise<Verdict | undefined> {
  return facts === null ? undefined : requestJson<Verdict>(url, facts);
}

/** Look into what was chosen and say what will happen; returns why it must not be sent, if so. */
export async function check(
  files: readonly ChosenFile[],
  urls: { readonly rules: string; readonly check: string },
  progress: (bytes: number) => void,
  stop: AbortSignal,
): Promise<string> {
  const { rules } = await siteRules(urls.rules);
  const preview = await inspectFiles(files, rules, progress, stop);
  const verdict = await verdictOn(preview.facts, urls.check);
  if (stop.aborted) return "";
  byId("check").hidden = false;
  byId("found").textContent = found(preview);
  showVerdict(verdict);
  showRefused(preview.refused);
  return faultOf(preview);
}
