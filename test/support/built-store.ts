// How the server opens a store, as built: a SQLite file has a thread of its own, and a thread cannot run TypeScript.

export const { openStore }: typeof import("../../server/store/open-store.js") = await import(
  new URL("../../server/dist/store/open-store.js", import.meta.url).href
);
