// A hook of Node's module loader: statements of the SQLite store are prepared by `failpoints.ts`. Both bindings lock
// their prototypes, so there is no other way in from outside.

import type { LoadHook } from "node:module";

const PREPARE = "(sql) => database.prepare(sql)";
const STRUCK = "(sql) => globalThis.droverChaos.prepare(database, sql)";

export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  if (!url.endsWith("/server/dist/store/sqlite/sqlite-store.js")) return loaded;
  const source = String(loaded.source);
  if (!source.includes(PREPARE)) throw new Error(`${url} no longer holds ${PREPARE}: failpoints need another way in`);
  return { ...loaded, source: source.replace(PREPARE, STRUCK) };
};
