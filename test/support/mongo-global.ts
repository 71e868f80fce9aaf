// One MongoDB for all test files of a run; they ask for its address by `inject("mongoUri")`, and each makes databases
// of its own.

import type { TestProject } from "vitest/node";
import { startMongod } from "./mongod.js";

declare module "vitest" {
  interface ProvidedContext {
    mongoUri: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { uri, stop } = await startMongod();
  project.provide("mongoUri", uri);
  return stop;
}
