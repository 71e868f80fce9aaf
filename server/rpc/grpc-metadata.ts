// The headers and trailers of gRPC as grpc-js holds them, to and from the Headers that Connect-style handlers know.
// Knows nothing of calls.

import { Metadata } from "@grpc/grpc-js";

const BINARY = "-bin";

/** grpc-js pads what it writes in base64; receivers must take both, and senders should not. */
class UnpaddedMetadata extends Metadata {
  override clone(): UnpaddedMetadata {
    const copy = new UnpaddedMetadata(this.getOptions());
    copy.merge(this);
    return copy;
  }

  override toHttp2Headers() {
    const headers = super.toHttp2Headers();
    for (const [name, value] of Object.entries(headers)) {
      if (!name.endsWith(BINARY)) continue;
      headers[name] = Array.isArray(value) ? value.map(unpadded) : unpadded(String(value));
    }
    return headers;
  }
}

/** Handlers write and read binary values in base64. */
export function metadataOf(headers: Headers): Metadata {
  const metadata = new UnpaddedMetadata();
  for (const [name, value] of headers) {
    if (!name.endsWith(BINARY)) metadata.set(name, value);
    else for (const one of value.split(",")) metadata.add(name, Buffer.from(one, "base64"));
  }
  return metadata;
}

export function headersOf(metadata: Metadata): Headers {
  const headers = new Headers();
  for (const name of Object.keys(metadata.getMap())) {
    for (const value of metadata.get(name)) {
      headers.append(name, typeof value === "string" ? value : unpadded(value.toString("base64")));
    }
  }
  return headers;
}

function unpadded(base64: string): string {
  return base64.replace(/=+$/, "");
}
