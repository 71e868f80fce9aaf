// The demo, as a newcomer runs it: ends by itself, and its summary is true.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

describe("the README's picture", () => {
  it("is what its script draws from a run of the demo", async () => {
    const folder = mkdtempSync(join(tmpdir(), "drover-picture-"));
    try {
      const file = join(folder, "demo.svg");
      await run(process.execPath, ["demo/dist/picture.js", file]);
      const shape = (svg: string) => svg.replace(/[\d.]+/g, "0").replace(/[█░]+ */g, "bar");
      const committed = readFileSync("docs/demo.svg", "utf8");
      expect(readFileSync("README.md", "utf8")).toContain("docs/demo.svg");
      expect(linesOf(shape(readFileSync(file, "utf8")))).toEqual(linesOf(shape(committed)));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** Lines of the same form count once: how many masters are under way half-way is chance. */
function linesOf(svg: string): string[] {
  return [...new Set([...svg.matchAll(/<text[^>]*>([^<]*)/g)].map(([, text]) => (text ?? "").trim()))];
}
