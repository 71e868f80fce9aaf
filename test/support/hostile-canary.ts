// A canary: a server on every address of this machine, in both families, that nobody may ever reach. It counts those
// who connect, however they spelled it. One address of loopback may be a page's: what comes there is answered.

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";

/** Where `Canary.page` answers: an address of loopback that an allow-list can name by itself. */
export const PAGE_ADDRESS = "127.0.0.5";

export class Canary {
  readonly port: number;
  /** Which of its addresses were connected to. */
  readonly reached: string[] = [];
  /** Requests that came to the page. */
  answered = 0;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** On `::`, which on Linux takes IPv4 too; on 0.0.0.0 where there is no IPv6. Shows first that it counts. */
  static async start(): Promise<Canary> {
    const server = createServer();
    try {
      await once(server.listen(0, "::"), "listening");
    } catch {
      await once(server.listen(0, "0.0.0.0"), "listening");
    }
    const canary = new Canary(server);
    server.on("connection", (socket) => {
      const address = (socket.localAddress ?? "").replace("::ffff:", "");
      if (address !== PAGE_ADDRESS) canary.reached.push(address);
    });
    server.on("request", (_request, response) => {
      canary.answered += 1;
      // The next call dials anew, and so resolves anew.
      response.writeHead(200, { connection: "close" }).end("reached");
    });
    const addresses = [
      "127.0.0.1",
      "127.0.0.2",
      ...((server.address() as AddressInfo).family === "IPv6" ? ["::1"] : []),
    ];
    for (const address of addresses) {
      const socket = connect(canary.port, address);
      await once(socket, "connect");
      while (!canary.reached.includes(address)) await once(server, "connection");
      socket.destroy();
    }
    canary.reached.length = 0;
    return canary;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
