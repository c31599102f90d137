import { describe, expect, it } from "vitest";
import { bytes, count, duration, rate, RateMeter } from "../src/numbers";

describe("sizes and times", () => {
  it("writes sizes with decimal units and no false digits", () => {
    expect(bytes(0)).toBe("0 B");
    expect(bytes(999)).toBe("999 B");
    expect(bytes(1000)).toBe("1.0 kB");
    expect(bytes(12_345_678)).toBe("12.3 MB");
    expect(bytes(5_000_000_000_000_000)).toBe("5000 TB");
  });

  it("says nothing where there is no rate and no time", () => {
    expect(rate(0)).toBe("–");
    expect(duration(Number.NaN)).toBe("–");
    expect(duration(Number.POSITIVE_INFINITY)).toBe("–");
  });

  it("writes durations in the largest two units", () => {
    expect(duration(59.4)).toBe("59 s");
    expect(duration(61)).toBe("1 min 1 s");
    expect(duration(3 * 3600 + 120)).toBe("3 h 2 min");
    expect(count(50908)).toBe("50,908");
  });

  it("measures the rate of the last seconds only", () => {
    const meter = new RateMeter(2000);
    meter.add(0, 0);
    for (let second = 1; second <= 10; second += 1) meter.add(second * 1000, second * 100);
    meter.add(11_000, 2000);
    expect(meter.bytesPerSecond).toBeGreaterThan(300);
    expect(meter.secondsLeft(2000)).toBe(0);
  });

  it("knows no time left before the second sample", () => {
    const meter = new RateMeter();
    expect(meter.secondsLeft(10)).toBeNaN();
    meter.add(5, 1);
    expect(meter.bytesPerSecond).toBe(0);
  });
});
