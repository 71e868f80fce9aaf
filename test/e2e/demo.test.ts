// The demo, as a newcomer runs it: ends by itself, and its summary is true.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);

describe("the demo", () => {
  it("runs all its jobs, shows how far they are, and ends with a summary read back from the server", async () => {
    const { stdout } = await run(process.execPath, ["demo/dist/main.js"]);
    expect(stdout).toMatch(/^\d+\.\d s {2}billing \d+\/20 {2}messages \d+\/30 {2}statistics \d+\/2000$/m);
    expect(stdout).toMatch(/^2050 of 2050 jobs succeeded in [\d.]+ s \(\d+ a second\), 2150 attempts:$/m);
    expect(stdout).toMatch(/^100 pages failed at first and were called again, 40 told how far they were\.$/m);
  });
});
