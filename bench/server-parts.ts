// Parts of the server that a benchmark calls without a server around them: as built, since benchmarks run what ships.

import { pathToFileURL } from "node:url";

function load(part: string): Promise<unknown> {
  return import(pathToFileURL(`server/dist/${part}.js`).href);
}

export const { openStore } = (await load("store/open-store")) as typeof import("../server/store/open-store.js");
export const { acceptedJob } = (await load("engine/accept")) as typeof import("../server/engine/accept.js");
export const { derivedId } = (await load("engine/derived-id")) as typeof import("../server/engine/derived-id.js");
export const { settlementOf } = (await load("core/retry")) as typeof import("../server/core/retry.js");
export const { DroverError } = (await load("core/errors")) as typeof import("../server/core/errors.js");
