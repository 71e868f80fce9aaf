// The places where a server can be struck: before and after each write that it makes to its store. The list is read from
// the code as built, so that a new step cannot be forgotten.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Site {
  /** Such as `mongo/claim.updateMany#2`: file, method, and which of them in the file. */
  readonly name: string;
  readonly file: string;
  /** In the file as built, from 1. */
  readonly line: number;
}

export type StoreKind = "sqlite" | "mongo";

/** Methods of a collection that write. */
export const MONGO_WRITES = [
  "insertOne",
  "insertMany",
  "updateOne",
  "updateMany",
  "bulkWrite",
  "deleteOne",
  "deleteMany",
] as const;

/** The methods that a text calls to write, in order. */
const writesIn: Readonly<Record<StoreKind, (text: string, file: string) => string[]>> = {
  mongo(text) {
    const write = new RegExp(`\\.(${MONGO_WRITES.join("|")})\\(`, "g");
    return [...text.matchAll(write)].map(([, method = ""]) => method);
  },
  // Every step lies in a transaction: its begin and its commit are among them. What writes may answer with what it wrote.
  sqlite(text, file) {
    const writers = new Set(
      [...file.matchAll(/(\w+) = prepare\(\s*["`]\s*(?:INSERT|UPDATE|DELETE)\b/g)].map(([, name]) => name),
    );
    return [...text.matchAll(/\b(\w+)\.(run|get|all)\(/g)].flatMap(([, name, method = ""]) =>
      method === "run" || writers.has(name) ? [method] : [],
    );
  },
};
/** Made once, before a server serves: a server that dies there has not begun. */
const BEFORE_SERVING = ["schema", "file-owner", "signing-key"];

/** Of the store as built in `server/dist`, below the project's root. */
export function sitesOf(store: StoreKind): Site[] {
  const folder = join("server", "dist", "store", store);
  const files = readdirSync(folder).filter((file) => file.endsWith(".js"));
  return files.flatMap((file) => {
    const name = file.replace(/\.js$/, "");
    if (BEFORE_SERVING.includes(name)) return [];
    const counts = new Map<string, number>();
    const code = readFileSync(join(folder, file), "utf8");
    return code.split("\n").flatMap((text, index) =>
      writesIn[store](text, code).map((method) => {
        const count = (counts.get(method) ?? 0) + 1;
        counts.set(method, count);
        return { name: `${store}/${name}.${method}#${count}`, file, line: index + 1 };
      }),
    );
  });
}

export const MOMENTS = ["before", "after"] as const;
/** The call fails, twice, as if the store could not be reached; the process is gone; it stands still past a lease. */
export const ACTIONS = ["throw", "exit", "hang"] as const;

export interface Failpoint {
  readonly site: string;
  readonly moment: (typeof MOMENTS)[number];
  readonly action: (typeof ACTIONS)[number];
}

/** One line that tells it from all others. */
export function lineOf({ site, moment, action }: Failpoint): string {
  return `${site} ${moment} ${action}`;
}

export function failpointsOf(store: StoreKind): Failpoint[] {
  return sitesOf(store).flatMap(({ name }) =>
    MOMENTS.flatMap((moment) => ACTIONS.map((action) => ({ site: name, moment, action }))),
  );
}
