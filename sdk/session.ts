// One HTTP/2 connection of a client, with four faults mended that show when a server goes away: calls that are not
// told of it, a ping that is never over and an error that nobody hears (connect-node 2.1.2), and a native loop without
// end (Node 20).

import { type ClientHttp2Stream, constants, type Http2Session } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { Http2SessionManager } from "@connectrpc/connect-node";

export class Session extends Http2SessionManager {
  readonly #heard = new WeakSet<Http2Session>();

  override async request(
    ...request: Parameters<Http2SessionManager["request"]>
  ): ReturnType<Http2SessionManager["request"]> {
    const stream = await super.request(...request);
    failIfNotAnswered(stream);
    closeLater(stream);
    if (stream.session !== undefined) this.#hear(stream.session);
    return stream;
  }

  /** Takes effect a moment later, for the reason that `closeLater` has. */
  override abort(reason?: Error): void {
    setImmediate(() => super.abort(reason));
  }

  /**
   * The manager destroys an idle connection that gets a GOAWAY with an error, and stops listening if it is asked for
   * another before that error comes: an error without a listener ends the process. There is nothing to do about it,
   * since streams are told by themselves.
   */
  #hear(session: Http2Session): void {
    if (this.#heard.has(session)) return;
    this.#heard.add(session);
    session.on("error", () => undefined);
    // Whether an idle connection is alive is asked by a ping, and learnt from its answer or from an error: where it is
    // closed without one, everybody who calls later would wait for that ping.
    session.once("close", () => {
      if (session.listenerCount("error") > 1) session.emit("error", new Error("the connection was closed"));
    });
  }
}

/**
 * A connection that is closed in good order, by GOAWAY without an error, closes its streams without an error too. A
 * call that waits for the head of its answer would wait until its time is up: of 300 calls that were cut, 46 did.
 * All other ways of closing, and an answer cut short, connect-node reports by itself.
 */
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

/**
 * Resets a stream from a clean stack only. What is done in answer to a GOAWAY runs within the very callback that tells
 * of it, and nghttp2, asked there for what it has to send, gives the same frame again and again until the process is
 * out of memory: in 14 of 25 runs of a client whose server kept going away, in none of 60 when it is done later.
 */
function closeLater(stream: ClientHttp2Stream): void {
  const close = stream.close.bind(stream);
  stream.close = (code, callback) => {
    setImmediate(() => {
      if (!stream.closed) close(code, callback);
    });
  };
}
