/** A run while it is analysed: the server's progress partial, asked for until it is finished. */

import "../styles/run.css";
import { keys } from "./keyboard";
import { byId, request } from "./page";
import { poll } from "./polling";

const EVERY_MS = 1000;

function progress(): HTMLElement {
  return byId("progress");
}

/** Returns false when the run is finished; a finished run with a report opens it. */
async function refresh(): Promise<boolean> {
  const url = progress().dataset["url"];
  if (!url) return false;
  const html = await (await request(url)).text();
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("progress");
  if (!fresh) return false;
  progress().replaceWith(fresh);
  if (fresh.dataset["report"]) window.location.assign(fresh.dataset["report"]);
  return fresh.dataset["finished"] !== "true";
}

function press(name: string): void {
  document.querySelector<HTMLButtonElement>(`button[name=${name}]`)?.click();
}

keys().add(
  { id: "retry", label: "Run again", key: "r", run: () => press("retry") },
  { id: "list", label: "Back to the work list", key: "w", run: () => window.location.assign("/") },
);
if (progress().dataset["finished"] !== "true") poll(refresh, EVERY_MS);
