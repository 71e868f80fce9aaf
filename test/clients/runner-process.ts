// A runner of the conversation as a process: whether a machine has what it needs, how it is built, what it said. Knows
// nothing of what the steps mean.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { promisify } from "node:util";
import type { Command, Language } from "./languages.js";

const run = promisify(execFile);
/** Long enough for a busy machine; a runner that waits for what never comes has to end somewhere. */
const RUN_LIMIT_MS = 240_000;

export interface StepLine {
  readonly step: number;
  readonly name: string;
  readonly ok: boolean;
  readonly got: unknown;
  /** Of a step that failed. */
  readonly why?: string;
}

export interface Held {
  readonly steps: readonly StepLine[];
  /** `87 of 87 steps passed`, or what the runner said last instead. */
  readonly lastLine: string;
  /** Null if it was ended because it took too long. */
  readonly exitCode: number | null;
  readonly stderr: string;
}

export interface Place {
  readonly grpc: string;
  readonly http: string;
  readonly secret: string;
  readonly conversation: string;
}

/** What the machine lacks to run this language, and how to get it; undefined if nothing. */
export async function lackOf({ tools, how }: Language): Promise<string | undefined> {
  for (const [program, ...args] of tools) {
    try {
      await run(program, args);
    } catch (error) {
      const command = [program, ...args].join(" ");
      return `needs ${how} (\`${command}\` does not run: ${firstLine(error)})`;
    }
  }
  return undefined;
}

const built = new Map<Language, Promise<void>>();

/** Once in a process. */
export function build(language: Language): Promise<void> {
  const known = built.get(language) ?? buildNow(language);
  built.set(language, known);
  return known;
}

async function buildNow({ name, folder, build }: Language): Promise<void> {
  for (const [program, ...args] of build) {
    try {
      await run(program, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
    } catch (cause) {
      const { stdout = "", stderr = "" } = cause as { stdout?: string; stderr?: string };
      const command = [program, ...args].join(" ");
      throw new Error(`the runner in ${name} does not build: ${command}\n${stdout}${stderr}`, { cause });
    }
  }
}

/** Holds the conversation to its end, whatever that is. */
export async function hold({ folder, run: command }: Language, place: Place): Promise<Held> {
  const [program, ...args] = withPlace(command, place);
  const child = spawn(program, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), RUN_LIMIT_MS);
  try {
    const [exitCode] = (await once(child, "close")) as [number | null];
    const lines = stdout.split("\n").filter((line) => line !== "");
    const steps = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as StepLine);
    return { steps, lastLine: lines.at(-1) ?? "", exitCode, stderr };
  } finally {
    clearTimeout(timer);
  }
}

function withPlace(command: Command, { grpc, http, secret, conversation }: Place): Command {
  const file = resolve(conversation);
  return [...command, "--grpc", grpc, "--http", `http://${http}`, "--conversation", file, "--secret", secret];
}

function firstLine(error: unknown): string {
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
}
