// What a client throws: the errors of servers, of calls that are stopped, and of addresses that are none.

import { Code, ConnectError } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { describe, expect, it } from "vitest";
import { BadRequestSchema, ErrorInfoSchema } from "../../../sdk/gen/google/rpc/error_details_pb.js";
import { createClient, DroverError } from "../../../sdk/index.js";
import { aborted, gate, ScriptedServer, shownJob, unavailable } from "./scripted-server.js";

describe("the errors of a client", () => {
  it("carry the fields at fault", async () => {
    const fieldViolations = [{ field: "job.queue", description: "must be 1 to 128 characters" }];
    const server = await ScriptedServer.start({
      jobs: {
        submitJob() {
          const details = [{ desc: BadRequestSchema, value: { fieldViolations } }];
          throw new ConnectError("job.queue: bad", Code.InvalidArgument, undefined, details);
        },
      },
    });
    const error = await server
      .client()
      .submit({ url: "http://pages/x" })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DroverError);
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", message: "job.queue: bad", violations: fieldViolations });
  });

  it("carry the reason", async () => {
    const server = await ScriptedServer.start({
      jobs: {
        retryJob() {
          const value = { reason: "NOT_RETRYABLE", domain: "drover" };
          const details = [{ desc: ErrorInfoSchema, value }];
          throw new ConnectError("it runs", Code.FailedPrecondition, undefined, details);
        },
      },
    });
    const retried = server.client().retry("a");
    await expect(retried).rejects.toMatchObject({ code: "FAILED_PRECONDITION", reason: "NOT_RETRYABLE" });
  });

  it("carry how long the server asks to wait", async () => {
    const server = await ScriptedServer.start({
      jobs: {
        getJob() {
          throw unavailable(250);
        },
      },
    });
    const read = server.client({ retry: { tries: 1 } }).get("a");
    await expect(read).rejects.toMatchObject({ code: "UNAVAILABLE", retryDelayMs: 250 });
  });

  it("do not take a server's own INTERNAL for a broken connection", async () => {
    let calls = 0;
    const server = await ScriptedServer.start({
      jobs: {
        getJob() {
          calls += 1;
          throw new ConnectError("a bug", Code.Internal);
        },
      },
    });
    await expect(server.client().get("a")).rejects.toMatchObject({ code: "INTERNAL", message: "a bug" });
    expect(calls).toBe(1);
  });

  it("name the codes of gRPC as gRPC does", () => {
    const codes = Object.values(Code).filter((code) => typeof code === "number");
    const names = codes.map((code) => DroverError.from(new ConnectError("", code, { from: "server" })).code);
    const expected = Object.keys(Code).filter((name) => Number.isNaN(Number(name)));
    const spelled = expected.map((name) => name.replace(/(?<=[a-z])[A-Z]/g, "_$&").toUpperCase());
    // A cancel that the client did not ask for is a server that went away.
    expect(names).toEqual(spelled.map((name) => (name === "CANCELED" ? "UNAVAILABLE" : name)));
  });
});

describe("a call that is stopped", () => {
  it("ends with CANCELLED when its signal fires", async () => {
    const arrived = gate();
    const server = await ScriptedServer.start({
      jobs: {
        async getJob(_, context) {
          arrived.open();
          await aborted(context.signal);
          return {};
        },
      },
    });
    const controller = new AbortController();
    const read = server.client().get("a", { signal: controller.signal });
    await arrived.opened;
    controller.abort();
    await expect(read).rejects.toMatchObject({ code: "CANCELLED" });
  });

  it("ends with CANCELLED when the client is closed, and so does every later one", async () => {
    const arrived = gate();
    const server = await ScriptedServer.start({
      jobs: {
        async getJob(_, context) {
          arrived.open();
          await aborted(context.signal);
          return {};
        },
      },
    });
    const client = server.client();
    const read = client.get("a");
    await arrived.opened;
    await client.close();
    await client.close();
    await expect(read).rejects.toMatchObject({ code: "CANCELLED", message: "the client is closed" });
    await expect(client.get("a")).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(client.watch("a").next()).rejects.toMatchObject({ code: "CANCELLED" });
    expect(server.sessions).toHaveLength(1);
  });

  it("ends with DEADLINE_EXCEEDED when its time is up", async () => {
    const server = await ScriptedServer.start({
      jobs: {
        async getJob(_, context) {
          await aborted(context.signal);
          return {};
        },
      },
    });
    await expect(server.client().get("a", { timeoutMs: 20 })).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  });
});

describe("the address of a client", () => {
  it("may be a URL or host:port", async () => {
    const server = await ScriptedServer.start({ jobs: { submitJob: () => ({}) } });
    for (const address of [server.address, `http://${server.address}`, `http://${server.address}/`]) {
      await server.client({ address }).submit({ url: "http://pages/x" });
    }
    expect(server.sessions).toHaveLength(3);
  });

  it("is refused when it is none", () => {
    for (const address of ["", "http://", "ftp://host:1", "host:port"]) {
      expect(() => createClient({ address }), address).toThrow(DroverError);
    }
  });

  it("may be left out for a transport of one's own", async () => {
    const server = await ScriptedServer.start({ jobs: { getJob: ({ jobId }) => ({ job: shownJob({ id: jobId }) }) } });
    const transport = createConnectTransport({ baseUrl: `http://${server.address}`, httpVersion: "2" });
    const client = createClient({ transport });
    expect((await client.get("a")).id).toBe("a");
    await client.close();
  });
});
