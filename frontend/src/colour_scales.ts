/**
 * Perceptually uniform colour scales: 17 evenly spaced stops of matplotlib's maps (CC0); `delta` is
 * coolwarm, for differences around zero.
 */

export type ScaleName = "viridis" | "inferno" | "plasma" | "cividis" | "delta";
export type Rgb = readonly [number, number, number];

const STOPS: Record<ScaleName, string> = {
  viridis:
    "44015448186a472d7b4240863b528b33638d2c728e26828e21918c1fa08828ae803fbc735ec96284d44baddc30d8e219fde725",
  inferno:
    "0000040b0724210c4a3d096557106e71196e8a226aa32c61bc3754d24644e45a31f1731df98e09fcac11f9cb35f2ea69fcffa4",
  plasma:
    "0d08873105974c02a16600a77e03a89511a1aa2395bc3587cc4778da5a6ae66c5cf0804ef89540fdac33fdc527f8df25f0f921",
  cividis:
    "00224e002e6a1a386f32436d434e6c535a6d61656f6f70737d7c788c88789b9476aba072bcae6ccdbb63dec958f0d846fee838",
  delta:
    "3b4cc04e68d86282ea779af78db0fea3c2feb9d0f9ccd9eddddcdcecd3c5f5c4acf7b093f4987aeb7d62dd5f4bca3b37b40426",
};

function stops(name: ScaleName): Rgb[] {
  const parts = STOPS[name].match(/.{6}/g) ?? [];
  return parts.map((hex) => {
    const value = Number.parseInt(hex, 16);
    return [value >> 16, (value >> 8) & 255, value & 255] as const;
  });
}

/** 256 colours from the lowest to the highest value. */
export function colourTable(name: ScaleName): Rgb[] {
  const known = stops(name);
  return Array.from({ length: 256 }, (_, index) => {
    const place = (index / 255) * (known.length - 1);
    const low = Math.min(Math.floor(place), known.length - 2);
    const share = place - low;
    const mix = (channel: 0 | 1 | 2): number =>
      Math.round(known[low]![channel] * (1 - share) + known[low + 1]![channel] * share);
    return [mix(0), mix(1), mix(2)] as const;
  });
}

export function cssGradient(name: ScaleName): string {
  return `linear-gradient(to right, ${stops(name).map((c) => `rgb(${c.join(" ")})`).join(", ")})`;
}

/** Four to six round tick values within [low, high]. */
export function ticks(low: number, high: number): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999)!;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, n) => Number(((first + n) * step).toPrecision(12)));
}
