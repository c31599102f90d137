/** The panel of images: which map, which plane, colours, threshold, window, zoom. */

import type { Range } from "./brush";
import { cssGradient, ticks } from "./colour_scales";
import { byId, press } from "./page";
import type { MapChoice, ViewerData } from "./report_data";
import type { LiverViewer, View } from "./viewer";

const ZOOM_STEP = 1.25;

function input(id: string): HTMLInputElement {
  return byId<HTMLInputElement>(id);
}

/** Two inputs as a range; null unless both hold numbers in order. */
export function rangeOf(low: number, high: number): Range | null {
  return high > low ? { low, high } : null;
}

export class ImagePanel {
  viewer: LiverViewer | undefined;
  private map: MapChoice | undefined;

  constructor(private readonly data: ViewerData) {
    this.map = data.maps[0];
    this.showColourBar();
    this.wire();
  }

  private wire(): void {
    input("outlines").addEventListener("change", () => this.viewer?.setOutlines(input("outlines").checked));
    input("opacity").addEventListener("input", () => this.changeOpacity(0));
    input("window").addEventListener("input", () => this.changeWindow(0));
    for (const id of ["range-low", "range-high"]) {
      input(id).addEventListener("change", () => this.rangeChanged());
    }
    for (const id of ["only-from", "only-to"]) {
      input(id).addEventListener("change", () => this.thresholdChanged());
    }
  }

  async chooseMap(key: string): Promise<void> {
    press("[data-map]", (button) => button.dataset["map"] === key);
    this.map = this.data.maps.find((map) => map.key === key);
    this.showColourBar();
    await this.viewer?.showMap(key);
  }

  async nextMap(): Promise<void> {
    const keys = [...this.data.maps.map((map) => map.key), ""];
    await this.chooseMap(keys[(keys.indexOf(this.map?.key ?? "") + 1) % keys.length]!);
  }

  chooseView(view: View): void {
    press("[data-view]", (button) => button.dataset["view"] === view);
    byId("colour-bar").classList.toggle("unused", view === "volume");
    this.viewer?.setView(view);
  }

  toggleOutlines(): void {
    input("outlines").checked = !input("outlines").checked;
    this.viewer?.setOutlines(input("outlines").checked);
  }

  changeOpacity(step: number): void {
    input("opacity").valueAsNumber += step;
    this.viewer?.setOpacity(input("opacity").valueAsNumber / 100);
  }

  /** Brighter anatomy is a lower white point. */
  changeWindow(step: number): void {
    input("window").valueAsNumber += step;
    this.viewer?.setWindow(1 - input("window").valueAsNumber / 100);
  }

  zoom(steps: number): void {
    if (!this.viewer) return;
    const zoom = steps === 0 ? 1 : this.viewer.zoom * ZOOM_STEP ** steps;
    this.viewer.setZoom(Math.min(Math.max(zoom, 1), 8));
  }

  private showColourBar(): void {
    const { map } = this;
    byId("colour-bar").hidden = map === undefined;
    byId("threshold").hidden = map === undefined;
    for (const id of ["only-from", "only-to"]) input(id).value = "";
    if (!map) return;
    input("range-low").value = String(map.low);
    input("range-high").value = String(map.high);
    byId("colour-bar-scale").style.background = cssGradient(map.scale);
    byId("colour-bar-name").textContent = `${map.words} (${map.unit})`;
    this.drawTicks(map.low, map.high);
  }

  private drawTicks(low: number, high: number): void {
    const marks = ticks(low, high).map((value) => {
      const mark = document.createElement("span");
      mark.textContent = String(value);
      mark.style.left = `${(100 * (value - low)) / (high - low)}%`;
      return mark;
    });
    byId("colour-bar-ticks").replaceChildren(...marks);
  }

  private rangeChanged(): void {
    const range = rangeOf(input("range-low").valueAsNumber, input("range-high").valueAsNumber);
    if (!range) return;
    this.viewer?.setRange(range.low, range.high);
    this.drawTicks(range.low, range.high);
  }

  private thresholdChanged(): void {
    const from = input("only-from").valueAsNumber;
    const to = input("only-to").valueAsNumber;
    const low = Number.isNaN(from) ? Number.NEGATIVE_INFINITY : from;
    const high = Number.isNaN(to) ? Number.POSITIVE_INFINITY : to;
    const isOpen = Number.isNaN(from) && Number.isNaN(to);
    this.viewer?.setThreshold(isOpen ? null : rangeOf(low, high));
  }
}
