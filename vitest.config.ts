// Which tests there are: units; models of the protocol, every interleaving of them; the contract of the stores; end to end
// against real server processes; chaos. By themselves, for what they take or need: hostile callers and pages; full disks
// and wrong clocks; clients and pages in other languages; the wire. Chaos, hostile input and the wire have the machine to
// themselves, one file after the other. No test is ever tried twice.

import { defineConfig } from "vitest/config";

interface Pace {
  readonly testTimeout: number;
  readonly hookTimeout: number;
  /** Suites of a lower order have ended before a higher one begins. */
  readonly order: number;
  readonly maxWorkers: number;
}

function suite(name: string, { order, ...pace }: Pace, globalSetup: string[] = []) {
  return {
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      sequence: { groupOrder: order },
      globalSetup,
      allowOnly: false,
      // A test that asserts nothing cannot fail.
      expect: { requireAssertions: true },
      ...pace,
    },
  };
}

const database = ["test/support/mongo-global.ts"];

export default defineConfig({
  test: {
    reporters: ["default", "./test/support/closing-line.ts"],
    projects: [
      suite("unit", { testTimeout: 20_000, hookTimeout: 20_000, order: 0, maxWorkers: 2 }),
      suite("model", { testTimeout: 20_000, hookTimeout: 20_000, order: 0, maxWorkers: 2 }),
      suite("contract", { testTimeout: 60_000, hookTimeout: 120_000, order: 0, maxWorkers: 2 }, database),
      suite("e2e", { testTimeout: 60_000, hookTimeout: 120_000, order: 1, maxWorkers: 2 }, database),
      suite("hostile", { testTimeout: 120_000, hookTimeout: 60_000, order: 3, maxWorkers: 1 }),
      suite("chaos", { testTimeout: 240_000, hookTimeout: 120_000, order: 2, maxWorkers: 1 }, database),
      suite("disk", { testTimeout: 240_000, hookTimeout: 120_000, order: 4, maxWorkers: 2 }, database),
      suite("clients", { testTimeout: 600_000, hookTimeout: 600_000, order: 5, maxWorkers: 2 }, database),
      suite("wire", { testTimeout: 600_000, hookTimeout: 600_000, order: 6, maxWorkers: 1 }, database),
    ],
  },
});
