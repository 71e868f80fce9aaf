// What `buf breaking` of `npm run check` holds the protos to: proto/released.binpb, the protos of the last release. It
// says yes to what is added and no to what a client built at that release would miss.

import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
const BUF = resolve("node_modules/.bin/buf");
const RELEASED = resolve("proto/released.binpb");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "drover-breaking-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What buf says of protos in which one file is another: nothing, if it has nothing against them. */
async function said(file: string, change: (text: string) => string): Promise<string> {
  cpSync("buf.yaml", join(folder, "buf.yaml"));
  cpSync("proto", join(folder, "proto"), { recursive: true });
  const path = join(folder, "proto/drover/v1", file);
  const text = readFileSync(path, "utf8");
  const changed = change(text);
  expect(changed, "the change found what it changes").not.toBe(text);
  writeFileSync(path, changed);
  return run(BUF, ["breaking", "--against", RELEASED], { cwd: folder }).then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  );
}

describe("buf breaking against the last release", () => {
  it("has nothing against the protos as they are", async () => {
    expect(await run(BUF, ["breaking", "--against", RELEASED])).toMatchObject({ stdout: "" });
  });

  it("has nothing against a message that is added", async () => {
    expect(await said("job.proto", (text) => `${text}\nmessage Added {\n  string name = 1;\n}\n`)).toBe("");
  });

  it.each<[string, string, string, string, RegExp]>([
    ["a field that is renamed", "job.proto", " max_attempts = ", " most_attempts = ", /Field "11" .* changed name/],
    [
      "a field that has another number",
      "job.proto",
      " max_attempts = 11",
      " max_attempts = 911",
      /field "11" .*deleted/i,
    ],
    ["a field of another type", "job.proto", "int32 max_attempts", "int64 max_attempts", /Field "11" .* changed type/],
    ["a method that is gone", "job_service.proto", "rpc GetJob(", "rpc ReadJob(", /RPC "GetJob" .* deleted/],
  ])("fails on %s", async (_what, file, from, to, complaint) => {
    expect(await said(file, (text) => text.replace(from, to))).toMatch(complaint);
  });
});
