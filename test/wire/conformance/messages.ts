// The parts of the conformance suite's messages that its service reads. Nothing of the suite is copied: buf compiles
// its protos, which come with the Go module, and the descriptors are read when the tests run.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { createFileRegistry, type DescService, type FileRegistry, fromBinary, type Message } from "@bufbuild/protobuf";
import { type Any, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { goModuleFolder } from "../../support/go-programs.js";

const SERVICE = "connectrpc.conformance.v1.ConformanceService";
const run = promisify(execFile);

export interface Header extends Message {
  readonly name: string;
  readonly value: string[];
}

/** What a request tells the service to answer, of unary methods. */
export interface UnaryAnswer {
  readonly responseHeaders: Header[];
  readonly responseTrailers: Header[];
  readonly responseDelayMs: number;
  readonly response:
    | { readonly case: "responseData"; readonly value: Uint8Array }
    | { readonly case: "error"; readonly value: ErrorAnswer }
    | { readonly case: undefined };
}

/** The same of streams. */
export interface StreamAnswer {
  readonly responseHeaders: Header[];
  readonly responseTrailers: Header[];
  readonly responseDelayMs: number;
  readonly responseData: Uint8Array[];
  readonly error?: ErrorAnswer;
}

export interface ErrorAnswer {
  readonly code: number;
  readonly message?: string;
  readonly details: Any[];
}

export type UnaryRequest = Message & { readonly responseDefinition?: UnaryAnswer };
export type StreamRequest = Message & { readonly responseDefinition?: StreamAnswer; readonly fullDuplex?: boolean };

export interface Suite {
  readonly service: DescService;
  /** All messages of the suite, to find what is in an Any. */
  readonly types: FileRegistry;
}

/** Reads the protos of one version of the suite. */
export async function suiteOf(version: string): Promise<Suite> {
  const protos = join(await goModuleFolder("connectrpc.com/conformance", version), "proto");
  const folder = await mkdtemp(join(tmpdir(), "drover-conformance-"));
  try {
    const file = join(folder, "suite.binpb");
    await run(resolve("node_modules/.bin/buf"), ["build", protos, "--as-file-descriptor-set", "-o", file]);
    const types = createFileRegistry(fromBinary(FileDescriptorSetSchema, await readFile(file)));
    const service = types.getService(SERVICE);
    if (service === undefined) throw new Error(`${protos} has no ${SERVICE}`);
    return { service, types };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
