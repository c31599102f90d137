/** Change between visits: a section of the report page, fetched after the numbers, or its own page. */

import "../styles/report.css";
import "../styles/change.css";
import type { HistogramChart } from "./charts";
import { keys } from "./keyboard";
import { byId, idle, pageData, press, request } from "./page";
import { poll } from "./polling";
import type { ViewerData } from "./report_data";
import { figureAddress, isWaiting, sectionAddress } from "./change_addresses";
import { translated } from "./words";

const EVERY_MS = 1500;

type Figure = Parameters<HistogramChart["show"]>[0];

/** The drawn trend and the element that it is drawn in, which a new section replaces. */
let trend: { in: HTMLElement; by: HistogramChart } | undefined;

function section(): HTMLElement | null {
  return document.getElementById("change");
}

/** Replace the section by the server's; the scripts in it are this one, so they are not run again. */
async function load(url: string, place: HTMLElement): Promise<void> {
  const html = await (await request(sectionAddress(url))).text();
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("change");
  if (!fresh) return;
  place.replaceWith(fresh);
  wire();
}

async function showTrend(): Promise<void> {
  const chart = document.getElementById("trend");
  const url = chart?.dataset["url"];
  if (!chart || !url) return;
  const quantity = byId<HTMLSelectElement>("trend-quantity").value;
  const region = byId<HTMLSelectElement>("trend-region").value;
  const note = byId("trend-note");
  try {
    const figure = (await (await request(figureAddress(url, quantity, region))).json()) as Figure;
    const { HistogramChart } = await import("./charts");
    trend = trend?.in === chart ? trend : { in: chart, by: new HistogramChart(chart, () => undefined) };
    await trend.by.show(figure);
    const source = (figure.layout["meta"] as { source: string }).source;
    note.textContent = source
      ? translated("Band: no real change from the first visit (%(source)s).", { source })
      : "";
  } catch {
    note.textContent = translated("There is no trend of this quantity here.");
  }
}

/** Follow the comparison; once it has ended the whole section shows what it found. */
function follow(): void {
  const state = (): HTMLElement | null => document.getElementById("change-images");
  const first = state();
  if (!first || !isWaiting(first.dataset["state"])) return;
  poll(async () => {
    const now = state();
    const url = now?.dataset["url"];
    if (!now || !url) return false;
    const html = await (await request(url)).text();
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("change-images");
    if (!fresh) return false;
    now.replaceWith(fresh);
    if (isWaiting(fresh.dataset["state"])) return true;
    const whole = section();
    if (whole) await load(shownAddress(), whole);
    return false;
  }, EVERY_MS);
}

let baselineAddress = "";

function shownAddress(): string {
  return baselineAddress || section()?.dataset["url"] || window.location.href;
}

async function start(form: HTMLFormElement): Promise<void> {
  const button = form.querySelector("button");
  if (button) button.disabled = true;
  await request(`${form.action}?part`, { method: "POST" });
  const whole = section();
  if (whole) await load(shownAddress(), whole);
}

async function openViewer(): Promise<void> {
  const { LiverViewer, hasWebGl } = await import("./viewer");
  const status = byId("change-tools");
  const canvas = byId<HTMLCanvasElement>("change-canvas");
  if (!hasWebGl(canvas)) {
    status.textContent = translated("This browser has no WebGL; the pictures above show the same maps.");
    return;
  }
  canvas.parentElement!.hidden = false;
  byId("change-open").hidden = true;
  byId("change-maps").hidden = false;
  const data = pageData<ViewerData>("change-viewer");
  const viewer = await LiverViewer.open(canvas, data);
  const choose = (key: string): void => {
    press("[data-change-map]", (button) => button.dataset["changeMap"] === key);
    void viewer.showMap(key);
  };
  for (const button of document.querySelectorAll<HTMLElement>("[data-change-map]")) {
    button.addEventListener("click", () => choose(button.dataset["changeMap"] ?? ""));
  }
  choose(data.maps[0]?.key ?? "");
}

function wire(): void {
  for (const id of ["trend-quantity", "trend-region"]) {
    document.getElementById(id)?.addEventListener("change", () => void showTrend());
  }
  for (const link of document.querySelectorAll<HTMLAnchorElement>("#change [data-baseline]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      baselineAddress = link.href;
      const whole = section();
      if (whole) void load(link.href, whole);
    });
  }
  const form = document.querySelector<HTMLFormElement>("#change-images form");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    void start(form);
  });
  document.getElementById("change-open")?.addEventListener("click", () => void openViewer());
  void showTrend();
  follow();
}

function goToChange(): void {
  const target = section();
  target?.scrollIntoView();
  target?.querySelector<HTMLElement>("a, button, select")?.focus();
}

keys().add({ id: "change", label: "Change between visits", key: "y", run: goToChange });
const place = document.getElementById("change-place");
// Who may not know the order of the visits is answered "not found": then there is no section.
if (place?.dataset["url"]) {
  const url = place.dataset["url"];
  void idle().then(() => load(url, place).catch(() => place.remove()));
} else if (section()) wire();
