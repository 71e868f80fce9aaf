// A port of the loopback interface that nobody listens on, and that stays free for whom it is meant while its process is
// away: it lies below those that systems give to outgoing connections.

import { once } from "node:events";
import { createServer } from "node:net";

const LOWEST = 10_000;
const HIGHEST = 29_999;
const TRIES = 100;

/** Drawn by chance, so that two who ask at the same time hardly get the same. */
export async function freePort(): Promise<number> {
  for (let trial = 0; trial < TRIES; trial++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST + 1));
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${LOWEST} to ${HIGHEST} is free, as far as ${TRIES} of them tell`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
