// The page of the latency benchmark: notes how long each call took to arrive since the time in its payload. POST is a
// call; GET answers with all that was noted, in ms. Prints its port when it listens.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { sharedMs } from "./shared-clock.js";

const latencies: number[] = [];

async function note(request: IncomingMessage): Promise<void> {
  const arrived = sharedMs();
  const { sent } = (await json(request)) as { sent: number };
  latencies.push(arrived - sent);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === "POST") await note(request);
  response.writeHead(200, { "content-type": "application/json" });
  response.end(request.method === "POST" ? '{"ok":true}' : JSON.stringify(latencies));
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => void answer(request, response));
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`port=${(server.address() as AddressInfo).port}\n`);
});
