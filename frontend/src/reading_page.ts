/**
 * A reading under a scheme. The page holds only what the reader may know; this shows its images
 * and offers to correct the outline. Every address comes from the page.
 */

import "../styles/report.css";
import "../styles/reading.css";
import { keys } from "./keyboard";
import { offerEditor } from "./offer_editor";
import { byId, debounce, pageData, press, requestJson } from "./page";
import type { ViewerData } from "./report_data";
import { makeSortable } from "./table_sort";
import type { LiverViewer, View } from "./viewer";
import { translated } from "./words";

interface VoxelReading {
  readonly region: string;
  readonly values: readonly { readonly key: string; readonly text: string; readonly error: string }[];
}

const VIEWS: readonly { id: Exclude<View, "volume">; label: string; key: string }[] = [
  { id: "axial", label: "Axial", key: "a" },
  { id: "coronal", label: "Coronal", key: "c" },
  { id: "sagittal", label: "Sagittal", key: "s" },
  { id: "planes", label: "Three planes", key: "m" },
];

/** The line under the images: the region, if it may be known, and each quantity. */
export function readOut(reading: VoxelReading): string {
  const parts = reading.values.map((v) => `${v.key} ${v.text}${v.error ? ` ± ${v.error}` : ""}`);
  return [reading.region, ...parts].filter(Boolean).join("  ·  ");
}

/** `url` may hold a query already: that of the version which is shown. */
export function voxelUrl(url: string, voxel: readonly [number, number, number]): string {
  const [i, j, k] = voxel.map(String) as [string, string, string];
  return `${url}${url.includes("?") ? "&" : "?"}${new URLSearchParams({ i, j, k })}`;
}

function wire(viewer: LiverViewer, data: ViewerData): void {
  const showMap = (key: string): void => {
    press("[data-map]", (button) => button.dataset["map"] === key);
    void viewer.showMap(key);
  };
  const showView = (view: View): void => {
    press("[data-view]", (button) => button.dataset["view"] === view);
    viewer.setView(view);
  };
  const nextMap = (): void => {
    const all = ["", ...data.maps.map((map) => map.key)];
    const pressed = document.querySelector<HTMLElement>("[data-map][aria-pressed=true]");
    const at = all.indexOf(pressed?.dataset["map"] ?? "");
    showMap(all[(at + 1) % all.length] ?? "");
  };
  for (const button of document.querySelectorAll<HTMLElement>("[data-map]")) {
    button.addEventListener("click", () => showMap(button.dataset["map"] ?? ""));
  }
  for (const button of document.querySelectorAll<HTMLElement>("[data-view]")) {
    button.addEventListener("click", () => showView(button.dataset["view"] as View));
  }
  byId("opacity").addEventListener("input", (event) =>
    viewer.setOpacity((event.target as HTMLInputElement).valueAsNumber / 100),
  );
  document.getElementById("outlines")?.addEventListener("change", (event) =>
    viewer.setOutlines((event.target as HTMLInputElement).checked),
  );
  keys().add(
    ...VIEWS.map(({ id, label, key }) => ({ id, label, key, run: () => showView(id) })),
    { id: "map", label: "Next map", key: "p", run: nextMap },
    { id: "up", label: "Next slice", key: "ArrowUp", run: () => viewer.scroll(1) },
    { id: "down", label: "Previous slice", key: "ArrowDown", run: () => viewer.scroll(-1) },
  );
}

async function startViewer(data: ViewerData): Promise<LiverViewer | undefined> {
  const module = await import("./viewer");
  const fault = byId("viewer-fault");
  const canvas = byId<HTMLCanvasElement>("viewer-canvas");
  try {
    if (!module.hasWebGl(canvas)) throw new Error("no WebGL");
    const viewer = await module.LiverViewer.open(canvas, data);
    viewer.onVoxel(
      debounce(async (voxel: readonly [number, number, number]) => {
        byId("read-out").textContent = readOut(await requestJson(voxelUrl(data.voxel_url, voxel)));
      }, 60),
    );
    viewer.tellVoxel();
    wire(viewer, data);
    byId("viewer").dataset["ready"] = "true";
    return viewer;
  } catch (error) {
    console.warn(error);
    fault.textContent = translated("The images need WebGL, which this browser does not have.");
    fault.hidden = false;
    return undefined;
  }
}

export function start(): void {
  const table = document.getElementById("segments");
  if (table) makeSortable(table as HTMLTableElement);
  keys().add({
    id: "list",
    label: "Back to my readings",
    key: "w",
    run: () => window.location.assign("/readings/"),
  });
  if (!document.getElementById("viewer-data")) return;
  offerEditor(startViewer(pageData<ViewerData>("viewer-data")), { label: "Correct the outline" });
}

if (typeof document !== "undefined") start();
