// Figures as the benchmarks print them: medians, percentiles, and beside a figure the aim that it has to meet.

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The smallest value that is not below so many percent of them. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0;
}

/** Such as `0.53 (aim: at least 0.7, missed)`. */
export function atLeast(value: number, aim: number, digits: number, unit = ""): string {
  return withAim(value, `at least ${aim}`, value >= aim, digits, unit);
}

/** Such as `2.1 ms (aim: at most 3)`. */
export function atMost(value: number, aim: number, digits: number, unit = ""): string {
  return withAim(value, `at most ${aim}`, value <= aim, digits, unit);
}

function withAim(value: number, aim: string, met: boolean, digits: number, unit: string): string {
  return `${value.toFixed(digits)}${unit === "" ? "" : ` ${unit}`} (aim: ${aim}${met ? "" : ", missed"})`;
}
