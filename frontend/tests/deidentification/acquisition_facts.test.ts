import { describe, expect, it } from "vitest";
import { FactsCollector, type ImageHeader } from "../../src/deidentification/acquisition_facts";

const header = (changes: Partial<ImageHeader>): ImageHeader => ({
  echoTimeMs: 1.2,
  fieldStrengthT: 3,
  flipAngleDeg: 4,
  repetitionTimeMs: 9,
  sliceThicknessMm: 6,
  pixelSpacingMm: 1.5,
  positionMm: 0,
  matrix: "256 256",
  isPhase: false,
  ...changes,
});

describe("facts of an acquisition", () => {
  it("are those of the slices with most echoes", () => {
    const collector = new FactsCollector();
    collector.add([header({ matrix: "512 512", flipAngleDeg: 70 })]);
    for (const echoTimeMs of [2.4, 1.2, 3.6]) {
      for (const positionMm of [0, 6, 12]) collector.add([header({ echoTimeMs, positionMm })]);
    }
    expect(collector.facts).toEqual({
      echo_times_ms: [1.2, 2.4, 3.6],
      field_strength_t: 3,
      flip_angle_deg: 4,
      repetition_time_ms: 9,
      slice_thickness_mm: 6,
      pixel_spacing_mm: 1.5,
      coverage_mm: 18,
      has_phase: false,
    });
  });

  it("count the phase images of the same slices", () => {
    const collector = new FactsCollector();
    collector.add([header({}), header({ isPhase: true })]);
    expect(collector.facts.has_phase).toBe(true);
  });

  it("of nothing are none", () => {
    expect(new FactsCollector().facts.echo_times_ms).toEqual([]);
    expect(new FactsCollector().facts.coverage_mm).toBeNull();
  });

  it("survive thousands of slices", () => {
    const collector = new FactsCollector();
    const many = Array.from({ length: 200_000 }, (_, n) => header({ positionMm: n % 300 }));
    collector.add(many);
    expect(collector.facts.coverage_mm).toBe(305);
  });
});
