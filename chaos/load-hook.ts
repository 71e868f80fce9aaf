// A hook of Node's module loader, for servers that are struck: statements of the SQLite store are prepared by
// `failpoints.ts`, since both bindings lock their prototypes; and what is seldom done is done often enough to be struck.

import type { LoadHook } from "node:module";

interface Edit {
  /** How the address of the module ends. */
  readonly module: string;
  readonly find: string;
  readonly replace: string;
}

const EDITS: readonly Edit[] = [
  {
    module: "/server/dist/store/sqlite/sqlite-store.js",
    find: "(sql) => database.prepare(sql)",
    replace: "(sql) => globalThis.droverChaos.prepare(database, sql)",
  },
  { module: "/server/dist/core/limits.js", find: "pruneMs: MINUTE", replace: "pruneMs: 2 * SECOND" },
  { module: "/server/dist/core/limits.js", find: "sweepMs: 10 * SECOND", replace: "sweepMs: SECOND" },
];

export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  const edits = EDITS.filter(({ module }) => url.endsWith(module));
  if (edits.length === 0) return loaded;
  let source = String(loaded.source);
  for (const { find, replace } of edits) {
    // A thread may have the hook of the one that started it, and its own.
    if (source.includes(replace)) continue;
    if (source.split(find).length !== 2) throw new Error(`${url} no longer holds "${find}" once`);
    source = source.replace(find, replace);
  }
  return { ...loaded, source };
};
