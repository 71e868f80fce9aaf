// The demo, as a newcomer runs it: ends by itself, and its summary is true, for it fails where it is not.

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
    const lines = stdout.split("\n").filter((line) => /^\d+\.\d s /.test(line));
    expect(lines.at(-1)).toMatch(
      /^\d+\.\d s {2}dobillingstuff 20\/20 {2}sendmessage 30\/30 {2}compilestatsforusers SUCCEEDED {2}users 2000\/2000$/,
    );
    expect(stdout).toMatch(/^statscompiled was told: 2000 of 2000 users compiled\.$/m);
    expect(stdout).toMatch(/^2052 of 2052 jobs succeeded in [\d.]+ s \(\d+ a second\), 2152 attempts:$/m);
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

/** What must be there: which children tell how far they are half-way, and where their master is by then, is chance. */
function linesOf(svg: string): string[] {
  const lines = [...svg.matchAll(/<text[^>]*>([^<]*)/g)].map(([, text]) => (text ?? "").trim());
  const fixed = lines.filter((line) => !line.startsWith("userid"));
  return [...new Set(fixed.map((line) => line.replace(/ {2,}/g, "  ").replace(/RUNNING|WAITING/, "STATE")))];
}
