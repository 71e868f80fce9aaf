// What a client does when a server goes away in good order, by GOAWAY: against a server that speaks bare frames, since
// Node's own cannot be made to send them at a chosen moment.

import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { createClient } from "../../../sdk/index.js";
import { Session } from "../../../sdk/session.js";

const SETTINGS = frame(0x4, Buffer.alloc(0));
/** ":status: 200" and no more, to the first request of a connection. */
const ANSWER = frame(0x1, Buffer.of(0x88), 0x5, 1);

function frame(type: number, payload: Buffer, flags = 0, streamId = 0): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** Says that no stream after this one was or will be looked at, and that nothing is wrong. */
function goaway(lastStreamId: number): Buffer {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(lastStreamId, 0);
  return frame(0x7, payload);
}

/** Greets each connection, and calls back when the first request on it has come. */
async function bareServer(onRequest: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined); // The client may close first.
    socket.write(SETTINGS);
    let received = Buffer.alloc(0);
    let asked = false;
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (asked || !hasHeaders(received)) return;
      asked = true;
      onRequest(socket);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The preface of 24 bytes, then frames: whether one of them is HEADERS. */
function hasHeaders(received: Buffer): boolean {
  for (let at = 24; at + 9 <= received.length; at += 9 + received.readUIntBE(at, 3)) {
    if (received.readUInt8(at + 3) === 0x1) return true;
  }
  return false;
}

describe("a connection that a server closes in good order", () => {
  it("ends a call that has no answer yet with UNAVAILABLE, at once", async () => {
    for (const lastStreamId of [0, 1]) {
      const address = await bareServer((socket) => socket.end(goaway(lastStreamId)));
      const client = createClient({ address, retry: { tries: 1 } });
      await expect(client.get("a")).rejects.toMatchObject({ code: "UNAVAILABLE" });
      await client.close();
    }
  });

  it("is followed by a new one for the next try", async () => {
    let connections = 0;
    const address = await bareServer((socket) => {
      connections += 1;
      socket.end(goaway(0));
    });
    const client = createClient({ address, retry: { tries: 3, initialDelayMs: 0 } });
    await expect(client.get("a")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await client.close();
    expect(connections).toBe(3);
  });

  it("may be replaced at once when it was idle, without an error that ends the process", async () => {
    let connections = 0;
    const address = await bareServer((socket) => {
      connections += 1;
      socket.write(connections === 1 ? ANSWER : goaway(0));
      answered = socket;
    });
    let answered: Socket | undefined;
    const session = new Session(address);
    const first = await session.request("POST", "/", {}, {});
    const connection = first.session;
    const ended = once(first, "close");
    first.end();
    first.resume();
    await ended;
    const closed = new Promise((resolve) => connection?.once("close", resolve));
    let hearers: number | undefined;
    const replaced = new Promise((resolve) => {
      connection?.once("goaway", () => {
        session.request("POST", "/", {}, {}).then((second) => second.on("error", resolve).end());
        hearers = connection.listenerCount("error");
      });
    });
    answered?.write(goaway(1));
    await replaced;
    await closed;
    expect(hearers).toBeGreaterThan(0);
    expect(connections).toBe(2);
  });

  it("holds up nobody who asked by a ping whether it was alive", async () => {
    const pings: Socket[] = [];
    const address = await bareServer((socket) => {
      socket.write(ANSWER);
      // Closed in the middle of the question, and without a word.
      socket.on("data", (chunk) => {
        if (chunk[3] === 0x6 && pings.push(socket) === 1) socket.end();
      });
    });
    const session = new Session(address, { pingIntervalMs: 200, pingTimeoutMs: 60_000 });
    const first = await session.request("POST", "/", {}, {});
    first.end();
    first.resume();
    await once(first, "close");
    // For longer than the interval, by the machine's clock, nothing comes.
    await new Promise((resolve) => setTimeout(resolve, 250));
    const second = await session.request("POST", "/", {}, {});
    expect(second.session).not.toBe(first.session);
    expect(pings).toHaveLength(1);
    second.on("error", () => undefined);
    session.abort();
  });

  it("is not touched within the callback that tells of it, where Node cannot bear it", async () => {
    const address = await bareServer((socket) => socket.write(goaway(0)));
    const session = new Session(address);
    const stream = await session.request("POST", "/", {}, {});
    stream.on("error", () => undefined);
    const touched = new Promise<boolean>((resolve) => {
      stream.session?.once("goaway", () => {
        stream.close();
        session.abort();
        resolve(stream.closed || stream.session?.destroyed === true);
      });
    });
    const closed = new Promise((resolve) => stream.once("close", resolve));
    stream.write("x");
    expect(await touched).toBe(false);
    await closed;
  });
});
