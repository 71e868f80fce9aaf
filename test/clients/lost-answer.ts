// Stands between Drover and a page and loses its first answer: the page has done its work, and the caller sees a broken
// connection. All that comes later is passed on. Keeps what the page answered.

import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export interface LostAnswer {
  /** `http://127.0.0.1:PORT`, instead of that of the pages. */
  readonly origin: string;
  /** Status and body of each answer of the page, the lost one too. */
  readonly answers: readonly { readonly status: number; readonly body: string }[];
  close(): Promise<void>;
}

export async function loseFirstAnswer(host: string): Promise<LostAnswer> {
  const answers: { status: number; body: string }[] = [];
  const pass = async (from: IncomingMessage, to: ServerResponse) => {
    // The page is to see its own address, as if there were nothing between.
    const headers = { ...from.headers, host };
    const onward = request(`http://${host}${from.url}`, { method: from.method ?? "POST", headers });
    onward.end(await buffer(from));
    const [answer] = (await once(onward, "response")) as [IncomingMessage];
    const body = await buffer(answer);
    const status = answer.statusCode ?? 0;
    answers.push({ status, body: body.toString() });
    if (answers.length === 1) to.destroy();
    else to.writeHead(status, { "content-type": answer.headers["content-type"] ?? "" }).end(body);
  };
  const server = createServer((from, to) => {
    pass(from, to).catch((error: Error) => to.destroy(error));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  };
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, answers, close };
}
