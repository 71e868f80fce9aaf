// Which tests there are: units; the contract of the stores; end to end against real server processes; chaos.

import { defineConfig } from "vitest/config";

const database = { globalSetup: ["test/support/mongo-global.ts"] };

export default defineConfig({
  test: {
    reporters: ["default", "./test/support/closing-line.ts"],
    maxWorkers: 2,
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], testTimeout: 20_000 } },
      {
        test: {
          name: "contract",
          include: ["test/contract/**/*.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          ...database,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          ...database,
        },
      },
      {
        test: {
          name: "chaos",
          include: ["test/chaos/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          ...database,
        },
      },
    ],
  },
});
