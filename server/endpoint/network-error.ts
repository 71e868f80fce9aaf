// Why a call did not come to an answer, in a few words: made from the code of an error, never from its text, which
// could hold addresses with their queries or parts of what was sent.

import { DroverError } from "../core/errors.js";

const BY_CODE: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EPIPE: "connection reset",
  UND_ERR_SOCKET: "connection closed",
  EHOSTUNREACH: "host unreachable",
  ENETUNREACH: "network unreachable",
  ETIMEDOUT: "connection timed out",
  ENOTFOUND: "the host name does not resolve",
  EAI_AGAIN: "the host name cannot be resolved now",
  EMFILE: "this server has no sockets left",
  UND_ERR_CONNECT_TIMEOUT: "no connection in time",
  UND_ERR_HEADERS_OVERFLOW: "the headers of the answer are too large",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "the answer is not as long as it said",
  UND_ERR_DESTROYED: "this server is stopping",
  UND_ERR_CLOSED: "this server is stopping",
  UND_ERR_INVALID_ARG: "the request cannot be sent in HTTP",
  ERR_ASSERTION: "the answer is not valid HTTP",
};

/** `refused` says that the allow-list did not let it dial. */
export function describeError(error: Error): { readonly message: string; readonly refused: boolean } {
  if (error instanceof DroverError) return { message: error.message, refused: error.reason === "ENDPOINT_NOT_ALLOWED" };
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // undici gives it no code, for it looks the code up by number in a table of names.
  if (code === "" && error.name === "HTTPParserError")
    return { message: "the answer is not valid HTTP", refused: false };
  return { message: BY_CODE[code] ?? byFamily(code), refused: false };
}

function byFamily(code: string): string {
  if (code.startsWith("HPE_")) return `the answer is not valid HTTP (${code})`;
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code)) return `no secure connection (${code})`;
  return code === "" ? "connection failed" : `connection failed (${code})`;
}
