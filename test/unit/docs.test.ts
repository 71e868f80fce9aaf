// The docs say what the code does: the state machine, the metrics, the settings, links that lead somewhere, and
// TypeScript that compiles.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../server/config.js";
import { EDGES } from "../../server/core/transition.js";
import { createMetrics } from "../../server/observe/metrics.js";

const architecture = readFileSync("docs/architecture.md", "utf8");
const operations = readFileSync("docs/operations.md", "utf8");
const pages = [
  "README.md",
  "sdk/README.md",
  ...readdirSync("docs")
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

describe("docs/architecture.md", () => {
  it("draws the edges of the state machine, all of them and no others", () => {
    const drawn = [...architecture.matchAll(/^ {2}([A-Z]+) --> ([A-Z]+)/gm)].map(([, from, to]) => `${from} ${to}`);
    expect(drawn.sort()).toEqual(EDGES.map(({ from, to }) => `${from} ${to}`).sort());
  });

  it("names files that exist", () => {
    const named = [...architecture.matchAll(/`(server\/[\w/-]+\.ts)`/g)].map(([, file]) => file ?? "");
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((file) => !existsSync(file))).toEqual([]);
  });
});

describe("docs/operations.md", () => {
  it("names the metrics that there are, and no others", async () => {
    const { body } = await createMetrics(async () => []).render();
    const rendered = [...body.matchAll(/^# TYPE (drover_\w+)/gm)].map(([, name]) => name);
    const named = [...operations.matchAll(/`(drover_\w+)`/g)].map(([, name]) => name);
    expect(named.sort()).toEqual(rendered.sort());
  });

  it("names every flag of serve and its variable, and no others", () => {
    const flags = [...readFileSync("server/main.ts", "utf8").matchAll(/(?:\.option|new Option)\(\s*"--([a-z-]+)/g)];
    const named = [...operations.matchAll(/^\| `--([a-z-]+)` \| `DROVER_([A-Z_]+)`/gm)];
    expect(named.map(([, flag]) => flag).sort()).toEqual(flags.map(([, flag]) => flag).sort());
    for (const [, flag, variable] of named) expect(variable).toBe(flag?.toUpperCase().replaceAll("-", "_"));
  });

  it("gives the defaults that there are", () => {
    const { store, concurrency, leaseMs, drainMs } = readConfig({}, {});
    const rows = [...operations.matchAll(/^\| `--([a-z-]+)` \| [^|]+ \| `([^`]+)`/gm)];
    const defaults = new Map(rows.map(([, flag, value]) => [flag, value]));
    expect(defaults.get("store")).toBe(store);
    expect(defaults.get("concurrency")).toBe(String(concurrency));
    expect(defaults.get("lease-ttl")).toBe(`${leaseMs / 1_000}s`);
    expect(defaults.get("drain-timeout")).toBe(`${drainMs / 1_000}s`);
  });
});

describe("every page of the docs", () => {
  it.each(pages)("links to files that exist: %s", (page) => {
    const links = [...readFileSync(page, "utf8").matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link ?? "");
    expect(links.filter((link) => !existsSync(join(dirname(page), link)))).toEqual([]);
  });
});

describe("the TypeScript of README.md and sdk/README.md", () => {
  it("compiles against the SDK, each snippet as it stands", () => {
    // Beneath node_modules, so that "@drover/sdk" is found as an app finds it.
    mkdirSync("node_modules/.cache", { recursive: true });
    const folder = mkdtempSync("node_modules/.cache/snippets-");
    try {
      const snippets = ["README.md", "sdk/README.md"].flatMap((page) => [
        ...readFileSync(page, "utf8").matchAll(/```ts\n([\s\S]*?)```/g),
      ]);
      expect(snippets.length).toBeGreaterThan(3);
      for (const [index, [, code]] of snippets.entries()) writeFileSync(join(folder, `${index}.mts`), code ?? "");
      const compilerOptions = { composite: false, declaration: false, sourceMap: false, noEmit: true };
      const extended = join(process.cwd(), "tsconfig.base.json");
      writeFileSync(
        join(folder, "tsconfig.json"),
        JSON.stringify({ extends: extended, compilerOptions, include: ["*.mts"] }),
      );
      const tsc = ["node_modules/typescript/bin/tsc", "-p", folder];
      expect(execFileSync(process.execPath, tsc, { encoding: "utf8" })).toBe("");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
