// What the demo shows while it runs: on a terminal a few lines that are drawn again, else a line now and then.

export interface Shown {
  readonly queues: readonly { readonly name: string; readonly left: number; readonly total: number }[];
  /** Jobs that tell how far they are. */
  readonly running: readonly { readonly name: string; readonly done: number; readonly total: number }[];
  readonly seconds: number;
}

const BAR_CHARS = 30;

export class Screen {
  readonly #live: boolean;
  #drawn = 0;

  constructor(live: boolean) {
    this.#live = live;
  }

  show(shown: Shown): void {
    if (!this.#live) {
      const parts = shown.queues.map(({ name, left, total }) => `${name} ${total - left}/${total}`);
      process.stdout.write(`${shown.seconds.toFixed(1)} s  ${parts.join("  ")}\n`);
      return;
    }
    const lines = linesOf(shown);
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A` : "";
    process.stdout.write(`${up}${lines.map((line) => `\x1b[2K${line}\n`).join("")}\x1b[J`);
    this.#drawn = lines.length;
  }
}

export function linesOf({ queues, running, seconds }: Shown): string[] {
  return [
    ...queues.map(
      ({ name, left, total }) => `  ${name.padEnd(18)} ${bar(total - left, total)} ${total - left}/${total}`,
    ),
    ...running.map(({ name, done, total }) => `    ${name.padEnd(16)} ${bar(done, total)} ${done}/${total}`),
    `  ${seconds.toFixed(1)} s`,
  ];
}

function bar(done: number, total: number): string {
  const filled = total === 0 ? 0 : Math.round((done / total) * BAR_CHARS);
  return "█".repeat(filled) + "░".repeat(BAR_CHARS - filled);
}
