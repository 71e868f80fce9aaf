// One HTTP/2 connection of a client, with a fault of connect-node 2.1.2 mended: a call whose connection a server
// closes in good order, by GOAWAY without an error, before any answer came, would wait until its time is up.

import { type ClientHttp2Stream, constants } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { Http2SessionManager } from "@connectrpc/connect-node";

export class Session extends Http2SessionManager {
  override async request(
    ...request: Parameters<Http2SessionManager["request"]>
  ): Promise<Awaited<ReturnType<Http2SessionManager["request"]>>> {
    const stream = await super.request(...request);
    failIfNotAnswered(stream);
    return stream;
  }
}

/** Other codes of a close, and an answer cut short, connect-node reports itself. */
function failIfNotAnswered(stream: ClientHttp2Stream): void {
  let answered = false;
  stream.once("response", () => {
    answered = true;
  });
  stream.once("close", () => {
    const silent = stream.rstCode === constants.NGHTTP2_NO_ERROR || stream.rstCode === constants.NGHTTP2_STREAM_CLOSED;
    if (answered || !silent || stream.listenerCount("error") === 0) return;
    stream.emit("error", new ConnectError("the connection was closed before the answer came", Code.Unavailable));
  });
}
