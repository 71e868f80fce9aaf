// The clock of a SQLite store, by sources whose times are set by hand.

import { beforeEach, describe, expect, it } from "vitest";
import { loadSqlite } from "../../../server/store/sqlite/driver.js";
import { StoreTime, timeVerbs } from "../../../server/store/sqlite/store-time.js";

/** Of the machine, in milliseconds. */
let wall: number;
let monotonic: number;
/** The process stands still for so long after the next look at a clock. */
let stillMs: number;
let time: StoreTime;

function pass(ms: number): void {
  wall += ms;
  monotonic += ms;
}

function look(clock: () => number): number {
  const shown = clock();
  pass(stillMs);
  stillMs = 0;
  return shown;
}

beforeEach(() => {
  wall = 1_000_000;
  monotonic = 5_000;
  stillMs = 0;
  time = new StoreTime({ wall: () => look(() => wall), monotonic: () => look(() => monotonic) });
});

describe("the time of a SQLite store", () => {
  it("is the machine's", () => {
    expect(time.now()).toBe(wall);
    pass(1_234);
    expect(time.now()).toBe(wall);
  });

  it("goes on at half its speed where the machine's is set back, until that has caught up", () => {
    const before = time.now();
    wall -= 1_000;
    expect(time.now()).toBe(before);
    pass(500);
    expect(time.now()).toBe(before + 250);
    pass(2_000);
    expect(time.now()).toBe(wall);
  });

  it("is not ahead of the machine's after the process stood still between two looks at its clocks", () => {
    stillMs = 3_000;
    time.now();
    expect(time.now()).toBe(wall);
    pass(10);
    expect(time.now()).toBe(wall);
  });

  it("never falls behind what another thread has heard", () => {
    time.heard(time.now() + 50);
    expect(time.now()).toBe(wall + 50);
    pass(200);
    expect(time.now()).toBe(wall);
    time.heard(wall - 50);
    expect(time.now()).toBe(wall);
  });

  it("goes on behind all that was written after the note in its file", () => {
    time.goOnFrom(wall + 60_000);
    const start = time.now();
    expect(start).toBeGreaterThan(wall + 60_000);
    pass(1_000);
    expect(time.now()).toBe(start + 500);
  });

  it("does not believe a note from more than a day ahead", () => {
    time.goOnFrom(wall + 25 * 60 * 60_000);
    expect(time.now()).toBe(wall);
  });
});

describe("the note of the time in a file", () => {
  it("is written again where the commit that held it was undone", async () => {
    const { DatabaseSync } = await loadSqlite();
    const database = new DatabaseSync(":memory:");
    database.exec("CREATE TABLE setting (name TEXT PRIMARY KEY, value BLOB) STRICT; CREATE TABLE other (value)");
    const verbs = timeVerbs({ prepare: (sql) => database.prepare(sql), now: () => time.now() });
    const write = (end: "COMMIT" | "ROLLBACK") => {
      database.exec("BEGIN; INSERT INTO other VALUES (1)");
      verbs.note();
      database.exec(end);
    };
    write("ROLLBACK");
    expect(verbs.noted()).toBe(0);
    verbs.forget();
    write("COMMIT");
    expect(verbs.noted()).toBe(time.now());
    database.close();
  });
});
