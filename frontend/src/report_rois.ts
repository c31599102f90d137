/** Regions of interest that a reader draws; the server measures and keeps them. */

import { keys } from "./keyboard";
import { byId, pageData, request } from "./page";
import { translated } from "./words";
import type { LiverViewer } from "./viewer";

interface StoredRoi {
  readonly id: string;
  readonly centre: [number, number, number];
  readonly voxels: number[];
}

let shown: StoredRoi[] = [];

function say(text: string): void {
  byId("roi-status").textContent = text;
}

function read(): void {
  shown = pageData<StoredRoi[]>("roi-data");
  byId("roi-show").hidden = shown.length === 0;
}

/** Put the server's table of regions in the place of the old one. */
function replace(html: string): void {
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("roi-list");
  if (fresh) byId("roi-list").replaceWith(fresh);
  read();
}

async function send(url: string, body: unknown): Promise<void> {
  say(translated("Measuring…"));
  try {
    const headers = { "Content-Type": "application/json" };
    const answer = await request(url, { method: "POST", body: JSON.stringify(body), headers });
    replace(await answer.text());
    say(translated("Measured and kept."));
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}

/** The images may have scrolled away from the table of regions. */
function bringImages(): void {
  byId("viewer-canvas").scrollIntoView({ block: "center" });
}

function light(viewer: LiverViewer, id: string): void {
  const roi = shown.find((each) => each.id === id);
  if (!roi) return;
  bringImages();
  viewer.goTo(roi.centre);
  viewer.lightVoxels(roi.voxels);
}

function lightAll(viewer: LiverViewer): void {
  viewer.lightVoxels(shown.flatMap((roi) => roi.voxels));
}

export function openRois(viewer: LiverViewer): void {
  const panel = document.getElementById("rois");
  if (!panel) return;
  read();
  panel.addEventListener("click", (event) => {
    const button = (event.target as HTMLElement).closest<HTMLElement>("button[data-roi], button[data-roi-remove]");
    if (button?.dataset["roi"]) light(viewer, button.dataset["roi"]);
    if (button?.dataset["roiRemove"]) void send(button.dataset["roiRemove"], {});
  });
  byId("roi-show").addEventListener("click", () => lightAll(viewer));
  keys().add({ id: "roi-show", label: "Show the regions of interest", key: "i", run: () => lightAll(viewer) });
  const tools = document.getElementById("roi-tools");
  if (tools) offerTools(viewer, tools);
}

function offerTools(viewer: LiverViewer, tools: HTMLElement): void {
  const url = tools.dataset["url"] ?? "";
  const circle = (): void => {
    const radius = byId<HTMLInputElement>("roi-radius").valueAsNumber;
    void send(url, { kind: "circle", centre: viewer.voxel, radius_mm: radius }).then(() => lightAll(viewer));
  };
  const freehand = (): void => {
    say(translated("Draw one closed line on a slice."));
    bringImages();
    viewer.drawRegion((voxels) => void send(url, { kind: "freehand", voxels }).then(() => lightAll(viewer)));
  };
  const nine = (): void => void send(url, { kind: "nine" }).then(() => lightAll(viewer));
  byId("roi-circle").addEventListener("click", circle);
  byId("roi-freehand").addEventListener("click", freehand);
  byId("roi-nine").addEventListener("click", nine);
  keys().add(
    { id: "roi-circle", label: "Measure a circle at the crosshair", key: "r", run: circle },
    { id: "roi-freehand", label: "Draw a region", key: "d", run: freehand },
    { id: "roi-nine", label: "Place the nine regions", key: "n", run: nine },
  );
}
