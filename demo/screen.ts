// What the demo shows while it runs: on a terminal a few lines that are drawn again, else a line now and then.

/** Jobs of one sort, or a batch, or a job that tells how far it is. */
export interface Row {
  readonly name: string;
  /** How deep it lies in a tree. */
  readonly depth: number;
  readonly done: number;
  readonly total: number;
  /** Only on a terminal. */
  readonly passing?: boolean;
}

/** A job that has no number of its own. */
export interface StateRow extends Pick<Row, "name" | "depth"> {
  readonly state: string;
}

const BAR_CHARS = 30;
const NAME_CHARS = 22;

export class Screen {
  readonly #live: boolean;
  #drawn = 0;

  constructor(live: boolean) {
    this.#live = live;
  }

  show(rows: readonly (Row | StateRow)[], seconds: number): void {
    const time = `${seconds.toFixed(1)} s`;
    if (!this.#live) return void process.stdout.write(`${[time, ...rows.flatMap(wordsOf)].join("  ")}\n`);
    const lines = [...rows.map(lineOf), `  ${time}`];
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A` : "";
    process.stdout.write(`${up}${lines.map((line) => `\x1b[2K${line}\n`).join("")}\x1b[J`);
    this.#drawn = lines.length;
  }
}

function wordsOf(row: Row | StateRow): string[] {
  if ("state" in row) return [`${row.name} ${row.state}`];
  return row.passing ? [] : [`${row.name} ${row.done}/${row.total}`];
}

function lineOf(row: Row | StateRow): string {
  const name = `${"  ".repeat(row.depth + 1)}${row.name}`.padEnd(NAME_CHARS + 2);
  return `${name} ${"state" in row ? row.state : `${bar(row.done, row.total)} ${row.done}/${row.total}`}`;
}

function bar(done: number, total: number): string {
  const filled = total === 0 ? 0 : Math.round((done / total) * BAR_CHARS);
  return "█".repeat(filled) + "░".repeat(BAR_CHARS - filled);
}
