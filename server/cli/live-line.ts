// One line that tells how far something is. On a terminal it is drawn again in its place; elsewhere each state is a
// line of its own, as seldom as asked for.

/** What it needs of standard output or standard error. */
export interface LineStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Faster than this no eye reads. */
const DRAW_MS = 80;

export class LiveLine {
  readonly #stream: LineStream;
  readonly #intervalMs: number;
  #text = "";
  #drawn = "";
  #drawnTime: number;

  /** @param intervalMs where it is no terminal: a line after so long at the earliest, but always the last. */
  constructor(stream: LineStream, intervalMs = 0) {
    this.#stream = stream;
    this.#intervalMs = stream.isTTY ? DRAW_MS : intervalMs;
    this.#drawnTime = stream.isTTY ? Number.NEGATIVE_INFINITY : performance.now();
  }

  show(text: string): void {
    this.#text = text;
    if (performance.now() - this.#drawnTime >= this.#intervalMs) this.#draw();
  }

  /** A line that stays. */
  keep(text: string): void {
    this.#stream.write(this.#stream.isTTY ? `\r\x1b[2K${text}\n` : `${text}\n`);
  }

  /** What was shown last stays, in full. */
  end(): void {
    if (this.#stream.isTTY && this.#text !== "") this.keep(this.#text);
    else if (this.#text !== this.#drawn) this.#draw();
    this.#text = this.#drawn = "";
  }

  #draw(): void {
    const columns = this.#stream.columns || 80;
    this.#stream.write(this.#stream.isTTY ? `\r\x1b[2K${this.#text.slice(0, columns - 1)}` : `${this.#text}\n`);
    this.#drawn = this.#text;
    this.#drawnTime = performance.now();
  }
}

const BAR_CHARS = 24;

/** `[#########---------------] 9/24`. */
export function bar(done: number, total: number): string {
  const filled = total > 0 ? Math.round(Math.min(1, done / total) * BAR_CHARS) : 0;
  return `[${"#".repeat(filled)}${"-".repeat(BAR_CHARS - filled)}] ${done}/${total}`;
}
