/** The part of plotly.js that charts.ts uses; the package carries no types. */
declare module "plotly.js-cartesian-dist-min" {
  export interface PlotlyElement extends HTMLElement {
    on(event: string, listener: (data: unknown) => void): void;
  }
  type Patch = Record<string, unknown>;
  export function react(
    element: HTMLElement,
    data: unknown[],
    layout: Patch,
    config?: Patch,
  ): Promise<PlotlyElement>;
  export function restyle(element: HTMLElement, patch: Patch, traces?: number[]): Promise<void>;
  export function relayout(element: HTMLElement, patch: Patch): Promise<void>;
  export function purge(element: HTMLElement): void;
}
