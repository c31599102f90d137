/** The work list: rows by keyboard, filters that apply at once, states that stay current. */

import "../styles/work_list.css";
import { keys } from "./keyboard";
import { byId, request } from "./page";
import { poll } from "./polling";

const rows = (): HTMLTableRowElement[] => [
  ...document.querySelectorAll<HTMLTableRowElement>("#work-list tbody tr[data-href]"),
];
let currentId = "";

function select(row: HTMLTableRowElement | undefined): void {
  if (!row) return;
  for (const other of rows()) other.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
  row.querySelector<HTMLAnchorElement>("a")?.focus();
  row.scrollIntoView({ block: "nearest" });
  currentId = row.id;
}

function move(step: number): void {
  const all = rows();
  const at = all.findIndex((row) => row.id === currentId);
  select(all[Math.min(Math.max(at + step, 0), all.length - 1)]);
}

function open(): void {
  const row = document.getElementById(currentId);
  if (row?.dataset["href"]) window.location.assign(row.dataset["href"]);
}

function follow(selector: string): void {
  const link = document.querySelector<HTMLAnchorElement>(selector);
  if (link) window.location.assign(link.href);
}

/** Open the saved view after the one that is shown. */
function followNextView(): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>("a[data-view]")];
  const shown = links.findIndex((link) => link.hasAttribute("aria-current"));
  const next = links[(shown + 1) % links.length];
  if (next) window.location.assign(next.href);
}

/** Replace the rows by the server's, and say whether any run is still moving. */
async function refresh(): Promise<boolean> {
  const list = byId("work-list");
  const url = new URL(window.location.href);
  url.searchParams.set("part", "rows");
  list.innerHTML = await (await request(url.toString())).text();
  const row = document.getElementById(currentId);
  if (row) row.setAttribute("aria-current", "true");
  return list.querySelector("[data-moving]") !== null;
}

const filters = byId<HTMLFormElement>("filters");
filters.addEventListener("change", () => filters.requestSubmit());
const search = filters.querySelector<HTMLInputElement>("input[type=search]");

keys().add(
  { id: "next", label: "Next study", key: "j", run: () => move(1) },
  { id: "previous", label: "Previous study", key: "k", run: () => move(-1) },
  { id: "open", label: "Open the study", key: "Enter", run: open },
  { id: "search", label: "Search", key: "/", run: () => search?.focus() },
  { id: "view", label: "Next saved view", key: "v", run: () => followNextView() },
  { id: "upload", label: "Upload a study", key: "u", run: () => follow("[data-upload]") },
  { id: "next-page", label: "Next page", key: "n", run: () => follow("a[rel=next]") },
  { id: "previous-page", label: "Previous page", key: "p", run: () => follow("a[rel=prev]") },
);
search?.addEventListener("keydown", (event) => {
  if (event.key === "Escape") search.blur();
});
if (document.querySelector("[data-moving]")) poll(refresh, 3000);
