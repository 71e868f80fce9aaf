// The credential of a call: the attempt token that a page got in Job-Token and sends back as a bearer token. What it
// allows is judged by the engine.

import { DroverError } from "../core/errors.js";

/** UNAUTHENTICATED without one. The text never repeats what was sent. */
export function bearerToken(header: Headers): string {
  const token = /^bearer +([^\s]+)$/i.exec(header.get("authorization") ?? "")?.[1];
  if (token === undefined) {
    throw new DroverError(
      "UNAUTHENTICATED",
      'the attempt token is missing: send "authorization: Bearer TOKEN", from Job-Token',
    );
  }
  return token;
}

/** Of calls that apps make too: undefined without one. */
export function optionalBearerToken(header: Headers): string | undefined {
  return header.get("authorization") === null ? undefined : bearerToken(header);
}
