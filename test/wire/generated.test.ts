// The generated code of the clients: committed, and what the protos generate. The plugins come from the registries.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { noteOf } from "./lack.js";

const run = promisify(execFile);
/** The plugins are installed the first time. */
const ENOUGH_MS = 600_000;

describe("the generated code of clients", () => {
  it.for(["go", "python", "java"])(
    "in %s is what the protos generate today",
    { timeout: ENOUGH_MS },
    async (language, { skip }) => {
      const note = await noteOf(language, `generated code in ${language}`);
      if (note !== undefined) return skip(note);
      const fresh = run(process.execPath, ["scripts/clients-fresh.js", language]);
      await expect(fresh, "files that are stale are named on standard error").resolves.toBeDefined();
    },
  );
});
