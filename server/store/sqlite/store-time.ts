// The clock of a SQLite store: the machine's, yet it never goes backwards. Where the machine's was set back, also while
// no server ran, time goes on from where it was at half its speed, until the machine's has caught up: leases, waits and
// what was due go on, and nothing stands still for an hour.

import type { Session } from "./session.js";

/** A file from further ahead than this tells of a clock that was wrong, not of one that was set back by hours. */
const BELIEVED_MS = 24 * 60 * 60_000;

/** How far the note in the file may be behind its latest write. */
const NOTE_MS = 1_000;

export interface TimeSource {
  /** The machine's time of day. */
  readonly wall: () => number;
  /** Milliseconds that never jump. */
  readonly monotonic: () => number;
}

export const machineTime: TimeSource = { wall: Date.now, monotonic: () => performance.now() };

export class StoreTime {
  readonly #source: TimeSource;
  #last = 0;
  #readAt: number;

  constructor(source: TimeSource) {
    this.#source = source;
    this.#readAt = source.monotonic();
  }

  now(): number {
    // In this order: a process that stands still between the two is then behind for a moment, and not ahead.
    const wall = this.#source.wall();
    const readAt = this.#source.monotonic();
    this.#last = Math.max(wall, this.#last + (readAt - this.#readAt) / 2);
    this.#readAt = readAt;
    return Math.floor(this.#last);
  }

  /** It was that time a moment ago, as another thread knows it. */
  heard(time: number): void {
    if (time > this.now()) this.#last = time;
  }

  /** The file has a note of that time. Where it is still to come, time goes on behind all that was written after it. */
  goOnFrom(noted: number): void {
    const ahead = noted - this.now();
    if (ahead > 0 && ahead <= BELIEVED_MS) this.#last = noted + NOTE_MS;
  }
}

/** No count of changes. */
const NONE = -1;

/** The store's time as it is noted in its file. */
export function timeVerbs({ prepare, now }: Pick<Session, "prepare" | "now">) {
  const find = prepare("SELECT CAST(value AS TEXT) AS time FROM setting WHERE name = 'time'");
  const changes = prepare("SELECT total_changes() AS count");
  const note = prepare(`
    INSERT INTO setting (name, value) VALUES ('time', CAST(?1 AS BLOB))
    ON CONFLICT (name) DO UPDATE SET value = CAST(?1 AS BLOB)`);
  let notedAt = 0;
  let countedAt = NONE;

  return {
    noted: (): number => Number((find.get() as { readonly time: string } | undefined)?.time ?? 0),
    /** For every transaction that writes: once in a while, and not for one that changed nothing. */
    note: (): void => {
      const time = now();
      if (time - notedAt < NOTE_MS) return;
      const { count } = changes.get() as { readonly count: number };
      if (count === countedAt) return;
      note.run(String(time));
      notedAt = time;
      countedAt = count + 1;
    },
    /** The last note may have been undone. */
    forget: (): void => {
      notedAt = 0;
      countedAt = NONE;
    },
  };
}
