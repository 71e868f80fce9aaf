// What a browser or a worker gets: an entry that, with all that it imports, needs nothing of Node.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

/** All files of the SDK that a file brings with it, and the packages that they import; types bring nothing. */
function importsOf(entry: string): { readonly files: Set<string>; readonly packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string) => {
    if (files.has(file)) return;
    files.add(file);
    const text = readFileSync(file, "utf8");
    for (const [, name = ""] of text.matchAll(/^(?:import|export) (?!type )[^;]*?"([^"]+)";$/gms)) {
      if (name.startsWith(".")) visit(join(dirname(file), name.replace(/\.js$/, ".ts")));
      else packages.add(name);
    }
  };
  visit(entry);
  return { files, packages };
}

describe("the entry for browsers and workers", () => {
  it("has definitions, endpoints and batches, and imports nothing of Node", () => {
    const { files, packages } = importsOf("sdk/index.browser.ts");
    expect([...files]).toEqual(
      expect.arrayContaining(["sdk/client.ts", "sdk/endpoint.ts", "sdk/define-job.ts", "sdk/submit-batch.ts"]),
    );
    const ofNode = [...packages].filter((name) => name.startsWith("node:") || name === "@connectrpc/connect-node");
    expect(ofNode).toEqual([]);
    expect([...files].filter((file) => /node|testing|test-drover|session/.test(file))).toEqual([]);
  });

  it("is told apart from that of Node by this test", () => {
    const { packages } = importsOf("sdk/index.ts");
    expect([...packages]).toEqual(expect.arrayContaining(["@connectrpc/connect-node", "node:http2"]));
  });
});
