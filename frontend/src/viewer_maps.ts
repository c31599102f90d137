/** The maps that were loaded, and how the shown one is painted. Used by `viewer.ts` only. */

import { NVImage } from "@niivue/niivue";
import type { Range } from "./brush";
import type { MapChoice } from "./report_data";

const HIDDEN = -3e38;

export interface LoadedMap {
  readonly choice: MapChoice;
  readonly image: NVImage;
  readonly values: Float32Array;
}

export class ViewerMaps {
  shown: LoadedMap | undefined;
  private threshold: Range | null = null;
  private readonly loaded = new Map<string, LoadedMap>();

  constructor(private readonly choices: readonly MapChoice[]) {}

  get(key: string): LoadedMap | undefined {
    return this.loaded.get(key);
  }

  /** Load a map once; nothing happens for a key that is no map's. */
  async load(key: string): Promise<LoadedMap | undefined> {
    const known = this.loaded.get(key);
    const choice = this.choices.find((map) => map.key === key);
    if (known || !choice) return known;
    const image = await NVImage.loadFromUrl({ url: choice.url, name: `${choice.key}.nii.gz` });
    const values = Float32Array.from(image.img as ArrayLike<number>);
    image.colormap = `lobule-${choice.scale}`;
    image.colormapType = 1; // see-through below cal_min
    const loaded = { choice, image, values };
    this.loaded.set(choice.key, loaded);
    return loaded;
  }

  /** Choose the shown map and paint it in its own range; an unknown key shows none. */
  async show(key: string): Promise<void> {
    this.threshold = null;
    this.shown = await this.load(key);
    if (this.shown) this.paint(this.shown.choice.low, this.shown.choice.high);
  }

  setThreshold(threshold: Range | null): void {
    this.threshold = threshold;
    if (!this.shown) return;
    const { cal_min: low, cal_max: high } = this.shown.image;
    this.paint(low ?? this.shown.choice.low, high ?? this.shown.choice.high);
  }

  /** Values below the range take its lowest colour; only voxels without a value are see-through. */
  paint(low: number, high: number): void {
    if (!this.shown) return;
    const { image, values } = this.shown;
    const painted = image.img as Float32Array;
    const floor = low + (high - low) * 1e-5;
    for (let n = 0; n < painted.length; n += 1) {
      const value = values[n]!;
      painted[n] = this.isShown(value) ? Math.max(value, floor) : HIDDEN;
    }
    image.cal_min = low;
    image.cal_max = high;
  }

  private isShown(value: number): boolean {
    if (Number.isNaN(value)) return false;
    return !this.threshold || (value >= this.threshold.low && value <= this.threshold.high);
  }
}
