// What a seeded bug is: an edit of the product's source that makes it wrong, and the smallest layer that finds it.

import { existsSync, readFileSync } from "node:fs";

export interface Edit {
  /** From the root of the project. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

/** A run that passes on the product as it is. */
export type Layer =
  | { readonly kind: "test"; readonly command: readonly string[] }
  /** `invariant`: the one that its verdict must name. */
  | { readonly kind: "chaos"; readonly command: readonly string[]; readonly invariant: string };

export interface SeededBug {
  readonly name: string;
  /** What it does wrong, in one sentence. */
  readonly wrong: string;
  readonly edits: readonly Edit[];
  readonly caughtBy: Layer;
}

type Project = "unit" | "contract" | "e2e" | "chaos";

/** Tests of one file; `title` is a pattern of their full names. */
export function test(project: Project, file: string, title: string): Layer {
  const run = ["vitest", "run", "--project", project, `test/${project}/${file}.test.ts`];
  return { kind: "test", command: ["npx", ...run, "-t", title] };
}

/** A whole run of the chaos tool. */
export function chaos(invariant: string, flags: string): Layer {
  return { kind: "chaos", command: ["node", "chaos/dist/chaos/main.js", ...flags.split(" ")], invariant };
}

/** What is wrong with an edit, for the list must not rot: its text no longer stands in the source, or not once. */
export function faultOf({ file, find }: Edit): string | undefined {
  if (!existsSync(file)) return `there is no ${file}`;
  const count = readFileSync(file, "utf8").split(find).length - 1;
  return count === 1 ? undefined : `${file} holds it ${count} times: ${JSON.stringify(find)}`;
}
