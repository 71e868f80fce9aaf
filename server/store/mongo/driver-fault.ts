// A fault of the driver (mongodb 7.9.0), mended: a command whose bytes do not all go out at once waits for "drain" or
// for an error of its socket. A connection that the driver itself closes, since a command took too long or the server
// does not answer, is closed without an error: then that command has no end, and no time limit either. A set of reports
// that met it held up all reports of its server, and the ends of their attempts (chaos, seed 204).

import { createRequire } from "node:module";
import type { Socket } from "node:net";

interface DriverConnection {
  readonly closed: boolean;
  readonly socket: Socket;
  cleanup(error: Error): void;
}

const { Connection } = createRequire(import.meta.url)("mongodb/lib/cmap/connection.js") as {
  readonly Connection: { readonly prototype: DriverConnection };
};
const { cleanup } = Connection.prototype;

/** For all connections of this process. */
Connection.prototype.cleanup = function (this: DriverConnection, error: Error): void {
  const wasClosed = this.closed;
  cleanup.call(this, error);
  if (!wasClosed && this.socket.listenerCount("drain") > 0) this.socket.emit("error", error);
};
