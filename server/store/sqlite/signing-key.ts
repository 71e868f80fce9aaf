// The store's signing key: random, made on first use, kept in the file.

import { randomBytes } from "node:crypto";
import type { Session } from "./session.js";

const KEY_BYTES = 32;

export function signingKeyVerb({ prepare }: Session): () => Uint8Array {
  const make = prepare("INSERT INTO setting (name, value) VALUES ('signing_key', ?) ON CONFLICT (name) DO NOTHING");
  const find = prepare("SELECT value FROM setting WHERE name = 'signing_key'");
  return () => {
    make.run(randomBytes(KEY_BYTES));
    return (find.get() as { value: Uint8Array }).value;
  };
}
