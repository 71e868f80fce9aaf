// The real grpcurl, which finds the services by reflection as an operator's would.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { goProgram } from "./go-programs.js";

const run = promisify(execFile);

/** What `grpcurl -plaintext ARGS` prints; rejects with its error output when it fails. */
export async function grpcurl(...args: string[]): Promise<string> {
  const { stdout } = await run(await installed(), ["-plaintext", ...args]);
  return stdout;
}

/** The path of the program; its time limit for a first build is the hook's, so call it in a `beforeAll`. */
export function installed(): Promise<string> {
  return goProgram("grpcurl");
}
