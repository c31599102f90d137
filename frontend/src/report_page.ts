/**
 * The report. The numbers are in the page before this runs; viewer and charts are loaded after,
 * each on its own, so that a fault of one takes nothing else away.
 */

import "../styles/report.css";
import { countInBins, type Range } from "./brush";
import type { Figure, HistogramChart } from "./charts";
import { cssGradient, ticks } from "./colour_scales";
import { keys } from "./keyboard";
import { count } from "./numbers";
import { byId, debounce, pageData, requestJson } from "./page";
import { labelOf, WHOLE_LIVER, type MapChoice, type ViewerData } from "./report_data";
import { asText, makeSortable } from "./table_sort";
import type { LiverViewer, View } from "./viewer";

interface VoxelReading {
  readonly region: string;
  readonly values: readonly { readonly key: string; readonly text: string; readonly error: string }[];
}

const data = document.getElementById("viewer-data") ? pageData<ViewerData>("viewer-data") : null;
let viewer: LiverViewer | undefined;
let chart: HistogramChart | undefined;
let region = WHOLE_LIVER;
let charted = data?.maps.find((map) => map.histogram)?.key ?? "";
let figure: Figure | undefined;
let brushed: Range | null = null;

function pressed(selector: string, isPressed: (button: HTMLButtonElement) => boolean): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>(selector)) {
    button.setAttribute("aria-pressed", String(isPressed(button)));
  }
}

// --- histogram and brush -----------------------------------------------------------------------

async function showHistogram(): Promise<void> {
  if (!data || !chart || !charted) return;
  const url = `${data.histogram_url}?${new URLSearchParams({ quantity: charted, region })}`;
  figure = await requestJson<Figure>(url);
  const name = data.regions.find((r) => r.key === region)?.name ?? "";
  byId("histogram-region").textContent = region === WHOLE_LIVER ? "whole liver" : `segment ${name}`;
  await chart.show(figure);
  setBrush(null);
  pressed("[data-histogram]", (button) => button.dataset["histogram"] === charted);
  byId("histogram-beyond").textContent = (figure.layout["meta"] as { beyond: string }).beyond;
}

function bins(): { edges: number[]; counts: number[] } {
  const bars = figure?.data[0] as { customdata: [number, number][]; y: number[] } | undefined;
  const pairs = bars?.customdata ?? [];
  return { edges: [...pairs.map((p) => p[0]), ...pairs.slice(-1).map((p) => p[1])], counts: bars?.y ?? [] };
}

/** Light the brushed voxels and say how many they are, by the server's own histogram. */
function setBrush(range: Range | null): void {
  brushed = range;
  const status = byId("brush-status");
  if (!range || !data) {
    viewer?.dim();
    status.textContent = "Drag over the bars: the voxels in that range light up in the images.";
    return;
  }
  const { edges, counts } = bins();
  const inside = countInBins(range, edges, counts);
  const all = counts.reduce((sum, n) => sum + n, 0);
  const unit = data.maps.find((map) => map.key === charted)?.unit ?? "";
  const share = all > 0 ? ((100 * inside) / all).toFixed(1) : "0.0";
  status.textContent =
    `${Number(range.low.toPrecision(6))} to ${Number(range.high.toPrecision(6))} ${unit}: ` +
    `${count(inside)} voxels, ${share} % of the ${byId("histogram-region").textContent}.`;
  const atEnd = range.high >= (edges.at(-1) ?? Number.POSITIVE_INFINITY) - 1e-9;
  const lit = viewer?.light(charted, labelOf(data.regions, region), range, atEnd);
  byId("viewer").dataset["lit"] = String(lit ?? "");
}

async function chooseHistogram(key: string): Promise<void> {
  charted = key;
  await viewer?.prepare(key);
  await showHistogram();
}

async function startChart(): Promise<void> {
  const { HistogramChart } = await import("./charts");
  chart = new HistogramChart(byId("histogram"), setBrush);
  await showHistogram();
}

// --- viewer ------------------------------------------------------------------------------------

function showColourBar(map: MapChoice | undefined): void {
  const bar = byId("colour-bar");
  bar.hidden = map === undefined;
  if (!map) return;
  const low = byId<HTMLInputElement>("range-low");
  const high = byId<HTMLInputElement>("range-high");
  low.value = String(map.low);
  high.value = String(map.high);
  byId("colour-bar-scale").style.background = cssGradient(map.scale);
  byId("colour-bar-name").textContent = `${map.name} (${map.unit})`;
  drawTicks(map.low, map.high);
}

function drawTicks(low: number, high: number): void {
  const marks = ticks(low, high).map((value) => {
    const mark = document.createElement("span");
    mark.textContent = String(value);
    mark.style.left = `${(100 * (value - low)) / (high - low)}%`;
    return mark;
  });
  byId("colour-bar-ticks").replaceChildren(...marks);
}

function rangeChanged(): void {
  const low = byId<HTMLInputElement>("range-low").valueAsNumber;
  const high = byId<HTMLInputElement>("range-high").valueAsNumber;
  if (!(high > low)) return;
  viewer?.setRange(low, high);
  drawTicks(low, high);
}

async function chooseMap(key: string): Promise<void> {
  pressed("[data-map]", (button) => button.dataset["map"] === key);
  showColourBar(data?.maps.find((map) => map.key === key));
  await viewer?.showMap(key);
}

function chooseView(view: View): void {
  pressed("[data-view]", (button) => button.dataset["view"] === view);
  byId("colour-bar").classList.toggle("unused", view === "volume");
  viewer?.setView(view);
}

const readVoxel = debounce(async (voxel: readonly [number, number, number]) => {
  if (!data) return;
  const [i, j, k] = voxel.map(String) as [string, string, string];
  const reading = await requestJson<VoxelReading>(`${data.voxel_url}?${new URLSearchParams({ i, j, k })}`);
  const parts = reading.values.map((v) => `${v.key} ${v.text}${v.error ? ` ± ${v.error}` : ""}`);
  byId("read-out").textContent = [reading.region, ...parts].join("  ·  ");
}, 60);

async function startViewer(loading: Promise<typeof import("./viewer")>): Promise<void> {
  if (!data) return;
  showColourBar(data.maps[0]);
  const module = await loading;
  if (!module.hasWebGl()) return noViewer("This browser has no WebGL, so there is no viewer.");
  const canvas = byId<HTMLCanvasElement>("viewer-canvas");
  try {
    viewer = await module.LiverViewer.open(canvas, data);
  } catch (error) {
    console.error(error);
    return noViewer("The viewer could not start.");
  }
  viewer.onVoxel(readVoxel);
  byId("viewer").dataset["ready"] = "true";
  if (charted) await viewer.prepare(charted);
  if (brushed) setBrush(brushed);
  const start = document.getElementById("edit-start");
  if (start) offerCorrection(start, viewer);
}

/** The editor is loaded when it is first wanted. */
function offerCorrection(start: HTMLElement, shown: LiverViewer): void {
  const open = async (): Promise<void> => {
    if (start.hidden) return;
    start.hidden = true;
    (await import("./mask_editor")).openEditor(shown);
  };
  start.addEventListener("click", () => void open());
  keys().add({ id: "correct", label: "Correct the mask", key: "e", run: () => void open() });
}

function noViewer(why: string): void {
  const viewerElement = byId("viewer");
  viewerElement.classList.add("pictures-only");
  byId("viewer-fault").textContent = `${why} The pictures below show the same maps.`;
  byId("viewer-fault").hidden = false;
  byId<HTMLDetailsElement>("pictures").open = true;
}

// --- regions and table -------------------------------------------------------------------------

async function chooseRegion(key: string): Promise<void> {
  if (!data?.regions.some((r) => r.key === key)) return;
  region = key;
  for (const row of document.querySelectorAll<HTMLTableRowElement>("#segments tbody tr")) {
    row.toggleAttribute("aria-current", row.dataset["region"] === key);
    row.setAttribute("aria-current", String(row.dataset["region"] === key));
  }
  viewer?.setRegion(labelOf(data.regions, key));
  await showHistogram();
}

async function copyTable(): Promise<void> {
  await navigator.clipboard.writeText(asText(byId<HTMLTableElement>("segments")));
  byId("table-status").textContent = "Copied.";
}

// --- wiring ------------------------------------------------------------------------------------

function on(selector: string, act: (element: HTMLElement) => void): void {
  for (const element of document.querySelectorAll<HTMLElement>(selector)) {
    element.addEventListener("click", () => act(element));
  }
}

function next<T>(list: readonly T[], current: T): T | undefined {
  return list[(list.indexOf(current) + 1) % list.length];
}

function nextMap(): void {
  const all = [...document.querySelectorAll<HTMLButtonElement>("[data-map]")];
  const current = all.find((button) => button.getAttribute("aria-pressed") === "true");
  void chooseMap((next(all, current ?? all[0]!)?.dataset["map"]) ?? "");
}

function nextHistogram(): void {
  const charts = data?.maps.filter((map) => map.histogram).map((map) => map.key) ?? [];
  const key = next(charts, charted);
  if (key) void chooseHistogram(key);
}

function toggleOutlines(): void {
  const box = byId<HTMLInputElement>("outlines");
  box.checked = !box.checked;
  viewer?.setOutlines(box.checked);
}

function changeOpacity(step: number): void {
  const slider = byId<HTMLInputElement>("opacity");
  slider.valueAsNumber += step;
  viewer?.setOpacity(slider.valueAsNumber / 100);
}

function addKeys(): void {
  const view = (id: View, label: string, key: string) => ({ id, label, key, run: () => chooseView(id) });
  keys().add(
    view("axial", "Axial", "a"),
    view("coronal", "Coronal", "c"),
    view("sagittal", "Sagittal", "s"),
    view("planes", "Three planes", "m"),
    view("volume", "Segments in 3-D", "v"),
    { id: "map", label: "Next map", key: "p", run: nextMap },
    { id: "outlines", label: "Outlines of segments", key: "o", run: toggleOutlines },
    { id: "less", label: "Map fainter", key: "[", run: () => changeOpacity(-10) },
    { id: "more", label: "Map stronger", key: "]", run: () => changeOpacity(10) },
    { id: "up", label: "Next slice", key: "ArrowUp", run: () => viewer?.scroll(1) },
    { id: "down", label: "Previous slice", key: "ArrowDown", run: () => viewer?.scroll(-1) },
    { id: "histogram", label: "Next histogram", key: "h", run: nextHistogram },
    { id: "unbrush", label: "Take the brush away", key: "Escape", run: () => void chart?.clear() },
    { id: "copy", label: "Copy the table as text", key: "t", run: () => void copyTable() },
    { id: "print", label: "Print", key: "P", run: () => window.print() },
    { id: "list", label: "Back to the work list", key: "w", run: () => window.location.assign("/") },
  );
  const regions = data?.regions ?? [];
  keys().add(
    ...regions.map((r, n) => ({
      id: `region-${r.key}`,
      label: `Show ${r.name}`,
      key: String(n),
      run: () => void chooseRegion(r.key),
    })),
  );
}

function wire(): void {
  on("[data-map]", (button) => void chooseMap(button.dataset["map"] ?? ""));
  on("[data-view]", (button) => chooseView(button.dataset["view"] as View));
  on("[data-histogram]", (button) => void chooseHistogram(button.dataset["histogram"] ?? ""));
  // On the document: the table is replaced while a mask is corrected.
  document.addEventListener("click", (event) => {
    const button = (event.target as HTMLElement).closest<HTMLElement>("[data-choose-region]");
    if (button) void chooseRegion(button.dataset["chooseRegion"] ?? "");
  });
  on("#copy-table", () => void copyTable());
  on("#print", () => window.print());
  on("#brush-clear", () => void chart?.clear());
  byId("outlines").addEventListener("change", (event) =>
    viewer?.setOutlines((event.target as HTMLInputElement).checked),
  );
  byId("opacity").addEventListener("input", (event) =>
    viewer?.setOpacity((event.target as HTMLInputElement).valueAsNumber / 100),
  );
  byId("range-low").addEventListener("change", rangeChanged);
  byId("range-high").addEventListener("change", rangeChanged);
  byId("brush-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const low = byId<HTMLInputElement>("brush-low").valueAsNumber;
    const high = byId<HTMLInputElement>("brush-high").valueAsNumber;
    if (high > low) chart?.brush({ low, high });
  });
}

makeSortable(byId<HTMLTableElement>("segments"));
addKeys();
if (data) {
  wire();
  const viewerModule = import("./viewer"); // loads while the histogram is drawn
  void startChart().finally(() => startViewer(viewerModule));
} else {
  on("#copy-table", () => void copyTable());
  on("#print", () => window.print());
}
