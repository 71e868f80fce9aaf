// Pages under node:http: what a real server hands on to a page, and how its answers reach a real client.

import { createServer, request as httpRequest, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { nodeListener } from "../../../sdk/node.js";
import { aborted, gate } from "./scripted-server.js";

/** The origin of a server with this listener. Ends with the test. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("a page under node:http", () => {
  it("gets address, method, headers and body as they came", async () => {
    const seen: unknown[] = [];
    const origin = await serve(
      nodeListener(async (request) => {
        const body = new Uint8Array(await request.arrayBuffer());
        seen.push([request.method, request.url, request.headers.get("x-many"), body]);
        return new Response(null, { status: 204 });
      }),
    );
    const body = Uint8Array.from({ length: 70_000 }, (_, index) => index);
    const sent = await fetch(`${origin}/jobs/x?row=1`, {
      method: "POST",
      body,
      headers: [
        ["x-many", "a"],
        ["x-many", "b"],
      ],
    });
    await fetch(`${origin}//elsewhere.example/x`);
    expect(sent.status).toBe(204);
    expect(seen).toEqual([
      ["POST", `${origin}/jobs/x?row=1`, "a, b", body],
      ["GET", `${origin}//elsewhere.example/x`, null, new Uint8Array()],
    ]);
  });

  it("is read by its client as it answers, no faster than the client reads", async () => {
    const piece = new Uint8Array(64 * 1024);
    let made = 0;
    const origin = await serve(
      nodeListener(async () => {
        const body = new ReadableStream({
          pull(controller) {
            if (++made > 1_000) controller.close();
            else controller.enqueue(piece);
          },
        });
        return new Response(body, { headers: { "x-page": "yes" } });
      }),
    );
    const answer = await new Promise<import("node:http").IncomingMessage>((resolve) => {
      httpRequest(origin, resolve).end();
    });
    expect(answer.headers["x-page"]).toBe("yes");
    await new Promise((resolve) => setTimeout(resolve, 200));
    // What sockets hold, not all of it.
    expect(made).toBeLessThan(500);
    let length = 0;
    for await (const bytes of answer) length += (bytes as Buffer).length;
    expect(length).toBe(64 * 1024 * 1_000);
  });

  it("is told when its client leaves: by the request's signal and by the answer's cancel", async () => {
    const left = gate();
    const cancelled = gate();
    const origin = await serve(
      nodeListener(async (request) => {
        void aborted(request.signal).then(() => left.open());
        const body = new ReadableStream({
          start: (controller) => controller.enqueue(new TextEncoder().encode("begun")),
          cancel: () => cancelled.open(),
        });
        return new Response(body);
      }),
    );
    const stop = new AbortController();
    const response = await fetch(origin, { signal: stop.signal });
    await response.body?.getReader().read();
    stop.abort();
    await left.opened;
    await cancelled.opened;
    expect(response.ok).toBe(true);
  });

  it("answers 413 to a body that no payload can be, without calling the page", async () => {
    let called = false;
    const origin = await serve(
      nodeListener(async () => {
        called = true;
        return new Response();
      }),
    );
    const response = await fetch(origin, { method: "POST", body: "x".repeat(300 * 1024) });
    expect([response.status, called]).toEqual([413, false]);
  });

  it("answers 500 when the page throws, and when the body was read before", async () => {
    const broken = await serve(nodeListener(() => Promise.reject(new Error("boom"))));
    const answer = await fetch(broken, { method: "POST" });
    expect([answer.status, await answer.text()]).toEqual([500, "boom"]);
    const listener = nodeListener(async () => new Response());
    const late = await serve(async (request, response) => {
      for await (const _ of request);
      Object.assign(request, { body: { parsed: true } });
      await listener(request, response);
    });
    const refused = await fetch(late, { method: "POST", body: "{}" });
    expect([refused.status, await refused.text()]).toEqual([500, expect.stringContaining("the body was read before")]);
  });
});
