// The key that signs attempt tokens: made by the first server, the same for all.

import { randomBytes } from "node:crypto";
import { Binary } from "mongodb";
import { DroverError } from "../../core/errors.js";
import { type Session, WRITE_CONCERN } from "./session.js";
import { attempt } from "./unavailable.js";

export function signingKeyVerb({ meta }: Session): () => Promise<Uint8Array> {
  return () =>
    attempt(async () => {
      const made = { $setOnInsert: { key: new Binary(randomBytes(32)) } };
      await meta.updateOne({ _id: "signing-key" }, made, { upsert: true, writeConcern: WRITE_CONCERN });
      const found = await meta.findOne({ _id: "signing-key" });
      if (found?.key === undefined) throw new DroverError("INTERNAL", "the signing key is not there after it was made");
      return found.key.value();
    });
}
