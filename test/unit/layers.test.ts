// The layers are a rule of biome.json; this shows that the rule bites. A file in each folder imports one of
// everything, Biome judges it, and what it lets through must be exactly what that folder may import.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const FILES = [
  "server/main.js",
  "server/config.js",
  "server/core/job.js",
  "server/engine/submit.js",
  "server/store/open-store.js",
  "server/store/sqlite/insert.js",
  "server/store/mongo/insert.js",
  "server/endpoint/classify.js",
  "server/feed/local-feed.js",
  "server/observe/log.js",
  "server/rpc/routes.js",
  "server/cli/submit.js",
  "sdk/client.js",
];
const PACKAGES = [
  "node:fs",
  "node:dns/promises",
  "node:crypto",
  "mongodb",
  "@photostructure/sqlite",
  "undici",
  "pino",
  "commander",
  "@grpc/grpc-js",
  "@connectrpc/connect",
  "@connectrpc/connect-node",
  "@drover/sdk",
  "@drover/sdk/gen/drover/v1/job_pb",
  "@drover/server",
];
const CORE = "server/core/job.js";
const NODE = ["node:fs", "node:dns/promises", "node:crypto"];

/** What each folder may import of the files and packages above. */
const ALLOWED: Record<string, string[]> = {
  "server/core": [CORE],
  "server/engine": [CORE, "server/engine/submit.js", "node:crypto"],
  "server/store": [CORE, "server/store/sqlite/insert.js", "server/store/mongo/insert.js"],
  "server/store/sqlite": [CORE, "server/store/sqlite/insert.js", ...NODE, "@photostructure/sqlite"],
  "server/store/mongo": [CORE, "server/store/mongo/insert.js", ...NODE, "mongodb"],
  "server/endpoint": [CORE, "server/endpoint/classify.js", ...NODE, "undici"],
  "server/feed": [CORE, "server/feed/local-feed.js", ...NODE],
  "server/observe": [CORE, "server/observe/log.js", ...NODE, "pino"],
  "server/rpc": [
    CORE,
    "server/engine/submit.js",
    "server/rpc/routes.js",
    ...NODE,
    "@grpc/grpc-js",
    "@connectrpc/connect",
    "@connectrpc/connect-node",
    "@drover/sdk/gen/drover/v1/job_pb",
  ],
  "server/cli": [CORE, "server/cli/submit.js", ...NODE, "commander", "@drover/sdk"],
  sdk: ["sdk/client.js", "@connectrpc/connect", "@connectrpc/connect-node"],
  server: [...FILES, ...PACKAGES],
};

interface Diagnostic {
  category: string;
  location: { path: string; start: { line: number } };
}

let folder: string;
let diagnostics: Diagnostic[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "drover-layers-"));
  const settings = JSON.parse(readFileSync("biome.json", "utf8")) as Record<string, unknown>;
  put("biome.json", JSON.stringify({ ...settings, vcs: { enabled: false } }));
  for (const from of Object.keys(ALLOWED)) {
    put(
      `${from}/probe.ts`,
      targets(from)
        .map(({ specifier }) => `import "${specifier}";\n`)
        .join(""),
    );
  }
  put("server/engine/one.ts", `import { two } from "./two.js";\nexport const one = () => two;\n`);
  put("server/engine/two.ts", `import { one } from "./one.js";\nexport const two = () => one;\n`);
  const biome = resolve("node_modules/.bin/biome");
  const lint = ["lint", "--reporter=json", "--max-diagnostics=none", "."];
  diagnostics = (JSON.parse(outputOf(biome, lint)) as { diagnostics: Diagnostic[] }).diagnostics;
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function put(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

/** Biome exits with 1 where it finds something, and it should. */
function outputOf(command: string, args: string[]): string {
  try {
    return execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

/** Everything that a file in `from` could import, each with how it would write it; one a line, in this order. */
function targets(from: string): { name: string; specifier: string }[] {
  const files = FILES.map((name) => {
    const path = relative(from, name);
    return { name, specifier: path.startsWith(".") ? path : `./${path}` };
  });
  return [...files, ...PACKAGES.map((name) => ({ name, specifier: name }))];
}

function linesOf(file: string, category: string): number[] {
  const found = diagnostics.filter((it) => it.category === category && it.location.path.endsWith(file));
  return found.map(({ location }) => location.start.line);
}

describe("the layers", () => {
  it.each(Object.entries(ALLOWED))("%s imports what it may, and nothing else", (from, allowed) => {
    const refused = new Set(linesOf(`${from}/probe.ts`, "lint/style/noRestrictedImports"));
    const passed = targets(from).filter((_, index) => !refused.has(index + 1));
    expect(passed.map(({ name }) => name).sort()).toEqual([...allowed].sort());
  });

  it("have no import cycle", () => {
    expect(linesOf("server/engine/one.ts", "lint/suspicious/noImportCycles")).toEqual([1]);
  });
});
