// The generated code: committed, and what the protos generate.

import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const PATH = `${resolve("node_modules/.bin")}:${process.env.PATH}`;

describe("sdk/gen", () => {
  it("is what the protos generate today", () => {
    const { status, stderr } = spawnSync(process.execPath, ["scripts/generated-fresh.js"], {
      env: { ...process.env, PATH },
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });
});
