/** What headers say about an acquisition, without a word about the patient: for the protocol check. */

import { textOf } from "./cleaning";
import type { Dataset, DicomFile, Element } from "./dicom_reader";

/** What the server's protocol check asks for. */
export interface AcquisitionFacts {
  readonly echo_times_ms: readonly number[];
  readonly field_strength_t: number | null;
  readonly flip_angle_deg: number | null;
  readonly repetition_time_ms: number | null;
  readonly slice_thickness_mm: number | null;
  readonly pixel_spacing_mm: number | null;
  readonly coverage_mm: number | null;
  readonly has_phase: boolean;
}

/** One slice of one echo. */
export interface ImageHeader {
  readonly echoTimeMs: number;
  readonly fieldStrengthT: number | null;
  readonly flipAngleDeg: number | null;
  readonly repetitionTimeMs: number | null;
  readonly sliceThicknessMm: number | null;
  readonly pixelSpacingMm: number | null;
  readonly positionMm: number | null;
  readonly matrix: string;
  readonly isPhase: boolean;
}

const [SHARED, PER_FRAME] = [0x52009229, 0x52009230];
const PHASE = /^(P|PHASE|PHASE MAP|PHASE_MAP)$/;
const GE_PHASE = 1;
const MOST_ECHOES = 64;

type Read = (tag: number) => string;

function number(text: string): number | null {
  const value = Number(text.split("\\")[0]);
  return text !== "" && Number.isFinite(value) ? value : null;
}

/** Values of the binary and the text kind as text, several parted by backslashes. */
function valueText(file: DicomFile, dataset: Dataset, tag: number): string {
  const element = dataset.elements.get(tag);
  if (element?.vr !== "FD" && element?.vr !== "FL" && element?.vr !== "SS" && element?.vr !== "US") {
    return textOf(file, dataset, tag);
  }
  return binaryValues(file, element).join("\\");
}

function binaryValues(file: DicomFile, { vr, start, end }: Element): number[] {
  const little = file.isLittleEndian;
  const kinds: Record<string, [number, (at: number) => number]> = {
    FD: [8, (at) => file.view.getFloat64(at, little)],
    FL: [4, (at) => file.view.getFloat32(at, little)],
    SS: [2, (at) => file.view.getInt16(at, little)],
    US: [2, (at) => file.view.getUint16(at, little)],
  };
  const [size, read] = kinds[vr]!;
  return Array.from({ length: Math.floor((end - start) / size) }, (_, n) => read(start + n * size));
}

/** Distance along the slice normal. */
function position(origin: string, orientation: string): number | null {
  const [at, axes] = [origin.split("\\").map(Number), orientation.split("\\").map(Number)];
  if (at.length !== 3 || axes.length !== 6 || [...at, ...axes].some((each) => !Number.isFinite(each))) return null;
  const [a, b, c, d, e, f] = axes as [number, number, number, number, number, number];
  const normal = [b * f - c * e, c * d - a * f, a * e - b * d];
  return at.reduce((sum, value, axis) => sum + value * normal[axis]!, 0);
}

function header(read: Read, isPhase: boolean): ImageHeader | undefined {
  const echoTimeMs = number(read(0x00189082)) ?? number(read(0x00180081));
  const imageType = (read(0x00089007) || read(0x00080008)).toUpperCase().split("\\");
  if (echoTimeMs === null || echoTimeMs <= 0 || imageType[0] === "DERIVED") return undefined;
  const orientation = read(0x00200037);
  const rounded = orientation.split("\\").map((each) => Number(each).toFixed(2)).join(" ");
  return {
    echoTimeMs,
    fieldStrengthT: number(read(0x00180087)),
    flipAngleDeg: number(read(0x00181314)),
    repetitionTimeMs: number(read(0x00180080)),
    sliceThicknessMm: number(read(0x00180050)),
    pixelSpacingMm: number(read(0x00280030)),
    positionMm: position(read(0x00200032), orientation),
    matrix: `${read(0x00280010)} ${read(0x00280011)} ${rounded}`,
    isPhase: isPhase || imageType.some((each) => PHASE.test(each)) || read(0x00089208) === "PHASE",
  };
}

function isGePhase(file: DicomFile): boolean {
  return number(valueText(file, file.dataset, 0x0043102f)) === GE_PHASE;
}

/** All values in the functional groups of one frame, whatever the group. */
function flatten(dataset: Dataset | undefined): Map<number, Dataset> {
  const found = new Map<number, Dataset>();
  const visit = (each: Dataset, depth: number): void => {
    for (const element of each.elements.values()) {
      if (!element.items) found.set(element.tag, each);
      else if (depth < 3 && element.items.length === 1) visit(element.items[0]!, depth + 1);
    }
  };
  if (dataset) visit(dataset, 0);
  return found;
}

/** The headers of a file's slices that show an echo; an enhanced file has many. */
export function headersOf(file: DicomFile): ImageHeader[] {
  const { dataset } = file;
  const frames = dataset.elements.get(PER_FRAME)?.items;
  if (!frames) {
    const one = header((tag) => valueText(file, dataset, tag), isGePhase(file));
    return one ? [one] : [];
  }
  const shared = flatten(dataset.elements.get(SHARED)?.items?.[0]);
  const all = frames.map((frame) => {
    const own = flatten(frame);
    return header((tag) => valueText(file, own.get(tag) ?? shared.get(tag) ?? dataset, tag), false);
  });
  return all.filter((each): each is ImageHeader => each !== undefined);
}

/** Collects headers; the acquisition is the group of alike slices with most different echoes. */
export class FactsCollector {
  private readonly groups = new Map<string, ImageHeader[]>();

  add(headers: readonly ImageHeader[]): void {
    for (const each of headers) {
      const key = [each.matrix, each.sliceThicknessMm, each.repetitionTimeMs, each.flipAngleDeg].join("|");
      const group = this.groups.get(key) ?? [];
      group.push(each);
      this.groups.set(key, group);
    }
  }

  get facts(): AcquisitionFacts {
    const groups = [...this.groups.values()].map((group) => ({ group, echoes: echoTimes(group) }));
    groups.sort((one, other) => other.echoes.length - one.echoes.length || other.group.length - one.group.length);
    const { group, echoes } = groups[0] ?? { group: [], echoes: [] };
    const first = group[0];
    const positions = group.map((each) => each.positionMm).filter((each) => each !== null);
    const extent = positions.length > 0 ? Math.max(...spread(positions)) - Math.min(...spread(positions)) : null;
    return {
      echo_times_ms: echoes.slice(0, MOST_ECHOES),
      field_strength_t: first?.fieldStrengthT ?? null,
      flip_angle_deg: first?.flipAngleDeg ?? null,
      repetition_time_ms: first?.repetitionTimeMs ?? null,
      slice_thickness_mm: first?.sliceThicknessMm ?? null,
      pixel_spacing_mm: first?.pixelSpacingMm ?? null,
      coverage_mm: extent === null ? null : Math.round(10 * (extent + (first?.sliceThicknessMm ?? 0))) / 10,
      has_phase: group.some((each) => each.isPhase),
    };
  }
}

/** Each position once: thousands of slices share a few hundred, and arguments have a limit. */
function spread(positions: readonly number[]): number[] {
  return [...new Set(positions)];
}

function echoTimes(group: readonly ImageHeader[]): number[] {
  const times = new Set(group.map((each) => Math.round(each.echoTimeMs * 1000) / 1000));
  return [...times].sort((one, other) => one - other);
}
