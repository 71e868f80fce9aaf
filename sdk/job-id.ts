// The id of a job, or the key of a batch, whose caller gave none: made here and not by the server, so that a call that
// is repeated names the same one.

import { v7 } from "uuid";

/** A new UUIDv7: ids made later sort later. */
export function newJobId(): string {
  return v7();
}
