/** The maps that were loaded, and how the shown one is painted. Used by `viewer.ts` only. */

import type { Range } from "./brush";
import { colourTable } from "./colour_scales";
import type { MapChoice } from "./report_data";
import { indicesWithValue, paintMap } from "./viewer_layers";
import { fetchVolume, voxelsOf } from "./viewer_volumes";

export interface LoadedMap {
  readonly choice: MapChoice;
  readonly values: Float32Array;
  readonly indices: Uint32Array;
}

export class ViewerMaps {
  private shown: LoadedMap | undefined;
  private range: Range = { low: 0, high: 1 };
  private threshold: Range | null = null;
  private readonly loaded = new Map<string, LoadedMap>();

  constructor(private readonly choices: readonly MapChoice[]) {}

  get(key: string): LoadedMap | undefined {
    return this.loaded.get(key);
  }

  /** Load a map once; nothing happens for a key that is no map's. */
  async load(key: string): Promise<LoadedMap | undefined> {
    const choice = this.choices.find((map) => map.key === key);
    if (!choice) return undefined;
    return this.loaded.get(key) ?? this.add(choice, await fetchVolume(choice.url));
  }

  add(choice: MapChoice, file: ArrayBuffer): LoadedMap {
    const values = voxelsOf(file);
    if (!(values instanceof Float32Array)) throw new Error(`the map ${choice.key} is not of 32-bit floats`);
    const loaded = { choice, values, indices: indicesWithValue(values) };
    this.loaded.set(choice.key, loaded);
    return loaded;
  }

  /** Choose the shown map, in its own range; an unknown key shows none. */
  async show(key: string): Promise<void> {
    this.shown = await this.load(key);
    this.threshold = null;
    if (this.shown) this.range = this.shown.choice;
  }

  setRange(range: Range): void {
    this.range = range;
  }

  setThreshold(threshold: Range | null): void {
    this.threshold = threshold;
  }

  /** Values beyond the range take its end colours; only voxels without a value are see-through. */
  paint(out: Uint32Array, opacity: number): void {
    if (!this.shown) return;
    const { values, indices, choice } = this.shown;
    const { range, threshold } = this;
    paintMap(out, { values, indices, colours: colourTable(choice.scale), range, threshold, opacity });
  }
}
