/** Words for sizes, rates and times. Measured quantities are formatted by the server only. */

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

export function bytes(count: number): string {
  let value = Math.max(0, count);
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

export function rate(bytesPerSecond: number): string {
  return bytesPerSecond > 0 ? `${bytes(bytesPerSecond)}/s` : "–";
}

export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "–";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function count(value: number): string {
  return value.toLocaleString("en-GB");
}

/** A moving rate: bytes per second over the last few seconds, and the time left at that rate. */
export class RateMeter {
  private samples: { time: number; done: number }[] = [];

  constructor(private readonly windowMs = 8000) {}

  add(timeMs: number, bytesDone: number): void {
    this.samples.push({ time: timeMs, done: bytesDone });
    while (this.samples.length > 2 && timeMs - this.samples[1]!.time >= this.windowMs) {
      this.samples.shift();
    }
  }

  reset(): void {
    this.samples = [];
  }

  get bytesPerSecond(): number {
    const first = this.samples[0];
    const last = this.samples.at(-1);
    if (!first || !last || last.time <= first.time) return 0;
    return Math.max(0, ((last.done - first.done) * 1000) / (last.time - first.time));
  }

  secondsLeft(bytesTotal: number): number {
    const done = this.samples.at(-1)?.done ?? 0;
    return this.bytesPerSecond > 0 ? (bytesTotal - done) / this.bytesPerSecond : Number.NaN;
  }
}
