/** Correct the mask: every stroke goes to the server, which answers with the new numbers. */

import { keys } from "./keyboard";
import { changedVoxels } from "./mask_changes";
import { byId, debounce, request, requestJson } from "./page";
import { makeSortable } from "./table_sort";
import type { LiverViewer } from "./viewer";
import { translated } from "./words";

type Tool = "paint" | "fill" | "erase";

let tool: Tool = "paint";
let waiting: AbortController | undefined;

/** gzip of the changed voxels: their indices, four bytes each, then their labels. */
async function packed(viewer: LiverViewer): Promise<Blob> {
  const { indices, labels } = changedVoxels(viewer.storedLabels, viewer.editedLabels);
  const stream = new Blob([indices, labels]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Response(stream).blob();
}

function say(text: string): void {
  byId("edit-status").textContent = text;
}

function complain(error: unknown): void {
  if ((error as Error).name !== "AbortError") say(error instanceof Error ? error.message : String(error));
}

/** Put the parts of the page that the server made for this mask in the place of the old ones. */
function showNumbers(html: string): void {
  const parts = new DOMParser().parseFromString(html, "text/html");
  for (const id of ["verdict", "segments-panel"]) {
    const fresh = parts.getElementById(id);
    if (fresh) byId(id).replaceWith(fresh);
  }
  makeSortable(byId<HTMLTableElement>("segments"));
  byId("verdict").classList.add("preview");
  byId("viewer").dataset["measured"] = String(performance.now());
  say(parts.getElementById("edit-summary")?.textContent ?? "");
}

function setTool(viewer: LiverViewer, chosen: Tool): void {
  tool = chosen;
  for (const button of document.querySelectorAll<HTMLElement>("[data-tool]")) {
    button.setAttribute("aria-pressed", String(button.dataset["tool"] === chosen));
  }
  const label = Number(byId<HTMLSelectElement>("edit-label").value);
  const size = byId<HTMLInputElement>("edit-size").valueAsNumber;
  viewer.setPen(chosen === "erase" ? 0 : label, size, chosen === "fill");
}

async function preview(viewer: LiverViewer, url: string): Promise<void> {
  waiting?.abort();
  waiting = new AbortController();
  say(translated("Measuring…"));
  try {
    const body = await packed(viewer);
    const answer = await request(url, { method: "POST", body, signal: waiting.signal });
    showNumbers(await answer.text());
  } catch (error) {
    complain(error);
  }
}

async function save(viewer: LiverViewer, url: string): Promise<void> {
  const reason = byId<HTMLInputElement>("edit-reason").value.trim();
  say(translated("Measuring everything and writing the files…"));
  try {
    const body = await packed(viewer);
    const address = `${url}?${new URLSearchParams({ reason })}`;
    const made = await requestJson<{ url: string }>(address, undefined, { method: "POST", body });
    window.location.assign(made.url);
  } catch (error) {
    complain(error);
  }
}

export function openEditor(viewer: LiverViewer): void {
  const form = byId<HTMLFormElement>("edit");
  const measure = debounce(() => void preview(viewer, form.dataset["preview"] ?? ""), 80);
  form.hidden = false;
  viewer.startEdit(measure);
  setTool(viewer, "paint");
  for (const button of form.querySelectorAll<HTMLElement>("[data-tool]")) {
    button.addEventListener("click", () => setTool(viewer, button.dataset["tool"] as Tool));
  }
  for (const id of ["edit-label", "edit-size"]) {
    byId(id).addEventListener("input", () => setTool(viewer, tool));
  }
  const undo = (): void => {
    viewer.undo();
    measure();
  };
  const smooth = (): void => {
    viewer.smooth();
    measure();
  };
  byId("edit-undo").addEventListener("click", undo);
  byId("edit-smooth").addEventListener("click", smooth);
  byId("edit-cancel").addEventListener("click", () => window.location.reload());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void save(viewer, form.dataset["save"] ?? "");
  });
  keys().add(
    { id: "undo", label: "Undo the last stroke", key: "Ctrl+z", run: undo },
    { id: "paint", label: "Paint", key: "b", run: () => setTool(viewer, "paint") },
    { id: "fill", label: "Outline and fill", key: "f", run: () => setTool(viewer, "fill") },
    { id: "erase", label: "Erase", key: "x", run: () => setTool(viewer, "erase") },
    { id: "smooth", label: "Smooth this slice", key: "g", run: smooth },
  );
  byId("viewer-canvas").scrollIntoView({ block: "center" });
  measure(); // nothing is changed yet: the server gets its sums ready before the first stroke
}
