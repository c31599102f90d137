/** What the server writes into the report page for the scripts. */

import type { ScaleName } from "./colour_scales";

export interface MapChoice {
  readonly key: string;
  readonly name: string;
  readonly words: string;
  readonly unit: string;
  readonly url: string;
  readonly low: number;
  readonly high: number;
  readonly scale: ScaleName;
  readonly histogram: boolean;
}

export interface Region {
  readonly key: string;
  readonly name: string;
  readonly label: number;
  readonly colour: string;
}

export interface ViewerData {
  readonly anatomy_url: string;
  readonly segments_url: string;
  readonly maps: readonly MapChoice[];
  readonly regions: readonly Region[];
  readonly voxel_url: string;
  readonly histogram_url: string;
  /** Empty where PDFF or R2* is missing. */
  readonly density_url: string;
}

export const WHOLE_LIVER = "liver";

/** The value of `region` in label maps; 0 stands for the whole liver. */
export function labelOf(regions: readonly Region[], key: string): number {
  return key === WHOLE_LIVER ? 0 : (regions.find((region) => region.key === key)?.label ?? 0);
}
