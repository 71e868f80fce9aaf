// docs/clients.md and clients/README.md say what is: the reasons of errors, the files and folders that they name.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ErrorReasonSchema } from "@drover/sdk/gen/drover/v1/error_pb";
import { describe, expect, it } from "vitest";

const PREFIX = "ERROR_REASON_";
const page = readFileSync("docs/clients.md", "utf8");

describe("docs/clients.md", () => {
  it("names every reason of an error, and no others", () => {
    const there = ErrorReasonSchema.values.map(({ name }) => name.slice(PREFIX.length));
    const named = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
    expect(named.sort()).toEqual(there.filter((name) => name !== "UNSPECIFIED").sort());
  });

  it.each(["docs/clients.md", "clients/README.md"])("names what exists: %s", (file) => {
    const text = readFileSync(file, "utf8");
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => join(dirname(file), link ?? ""));
    const paths = [...text.matchAll(/\b((?:clients|proto|scripts)\/[\w./-]+\w)/g)].map(([, path]) => path ?? "");
    expect(links.length).toBeGreaterThan(4);
    expect([...links, ...paths].filter((path) => !existsSync(path))).toEqual([]);
  });
});
