// The main job, end to end: the same conversation through each client, on each store, against a server process.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { curlClient, type DoorClient, rawGrpcClient, sdkClient } from "../support/doors-clients.js";
import { type DroverProcess, type FreshStore, STORES, startDrover } from "../support/drover-process.js";
import { uniqueName } from "../support/jobs.js";
import { type PageServer, startPageServer } from "../support/page-server.js";

const CLIENTS = [
  { client: "a raw gRPC client", connect: (server: DroverProcess) => rawGrpcClient(server.grpc) },
  { client: "the SDK", connect: (server: DroverProcess) => sdkClient(server.grpc) },
  { client: "curl with JSON", connect: (server: DroverProcess) => curlClient(server.http) },
];

describe.each(STORES)("on $name", ({ fresh }) => {
  let store: FreshStore;
  let server: DroverProcess;
  let pages: PageServer;

  beforeAll(async () => {
    store = fresh();
    server = await startDrover(store.url);
    pages = await startPageServer();
  });

  afterAll(async () => {
    expect(await server.stop()).toBe(0);
    await pages.close();
    store.dispose();
  });

  describe.each(CLIENTS)("through $client", ({ connect }) => {
    let client: DoorClient;
    let url: string;

    beforeEach(() => {
      client = connect(server);
      url = `${pages.origin}/job`;
      pages.handler = (_, response) => {
        response.setHeader("content-type", "application/json");
        response.end('{"ok":true}');
      };
    });

    afterEach(() => client.close());

    it("a job is submitted, its page called, and its result read", async () => {
      const id = uniqueName("job");
      expect(await client.submit({ id, url, payload: { row: 1 } })).toMatchObject({ existing: false });
      const seen = await client.watch(id);
      expect(seen.at(-1)).toEqual({
        id,
        state: "SUCCEEDED",
        stateReason: "OK",
        attemptCount: 1,
        queue: "default",
        result: '{"ok":true}',
      });
      expect(await client.get(id)).toEqual(seen.at(-1));
      const called = pages.requests.find(({ headers }) => headers["job-id"] === id);
      expect(called?.body.toString()).toBe('{"row":1}');
    });

    it("the same id again is the same job, with other content it is refused", async () => {
      const id = uniqueName("job");
      await client.submit({ id, url, payload: 1 });
      expect(await client.submit({ id, url, payload: 1 })).toMatchObject({ existing: true });
      await expect(client.submit({ id, url, payload: 2 })).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    });

    it("a bad field is refused by name, and nothing is stored", async () => {
      const id = uniqueName("job");
      const queue = uniqueName("queue");
      const submitted = client.submit({ id, url: "ftp://pages.example/", queue });
      await expect(submitted).rejects.toMatchObject({ code: "INVALID_ARGUMENT", fields: ["job.endpoint.url"] });
      await expect(client.get(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
      expect(await client.list(queue)).toEqual([]);
    });

    it("a page that may not be called is refused", async () => {
      const submitted = client.submit({ id: uniqueName("job"), url: "http://169.254.169.254/latest" });
      await expect(submitted).rejects.toMatchObject({ code: "PERMISSION_DENIED", reason: "ENDPOINT_NOT_ALLOWED" });
    });

    it("jobs of a paused queue wait, are listed newest first, and are cancelled by a purge", async () => {
      const queue = uniqueName("queue");
      expect(await client.pause(queue)).toBe(true);
      const ids = [uniqueName("job"), uniqueName("job"), uniqueName("job")];
      for (const id of ids) await client.submit({ id, url, queue });
      expect(await client.list(queue)).toEqual([...ids].reverse());
      expect((await client.get(ids[0] ?? "")).state).toBe("PENDING");
      expect(await client.purge(queue)).toBe(3);
      expect(await client.resume(queue)).toBe(false);
      expect(await client.get(ids[1] ?? "")).toMatchObject({ state: "CANCELLED", stateReason: "CANCELLED" });
    });

    it("a scheduled job is cancelled, retried once as a new job, and never called before its time", async () => {
      const id = uniqueName("job");
      await client.submit({ id, url, delay: "3600s" });
      expect(await client.cancel(id)).toMatchObject({ state: "CANCELLED", attemptCount: 0 });
      expect(pages.requests.filter(({ headers }) => headers["job-id"] === id)).toEqual([]);
      const retried = await client.retry(id);
      expect(retried.existing).toBe(false);
      expect(await client.retry(id)).toMatchObject({ id: retried.id, existing: true });
      expect((await client.watch(retried.id)).at(-1)).toMatchObject({ state: "SUCCEEDED" });
      await expect(client.retry(retried.id)).rejects.toMatchObject({ reason: "NOT_RETRYABLE" });
    });

    it("a page that says no for good ends its job", async () => {
      pages.handler = (_, response) => void response.writeHead(404).end("no such row");
      const id = uniqueName("job");
      await client.submit({ id, url });
      expect((await client.watch(id)).at(-1)).toMatchObject({
        state: "FAILED",
        stateReason: "PERMANENT",
        attemptCount: 1,
      });
    });
  });
});
