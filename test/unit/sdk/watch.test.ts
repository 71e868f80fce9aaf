// Watching over streams that break: nothing newer is missed, the end never.

import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Job } from "../../../sdk/index.js";
import { aborted, gate, running, ScriptedServer, succeeded, unavailable } from "./scripted-server.js";

async function statesOf(watch: AsyncIterable<Job>): Promise<string[]> {
  const states: string[] = [];
  for await (const job of watch) states.push(`${job.revision} ${job.state}`);
  return states;
}

/** Time passes by itself, and further when the test says so: by less than the 30 s after which connections ping. */
function controlTimers(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true });
  onTestFinished(() => {
    vi.useRealTimers();
  });
}

describe("a watch", () => {
  it("shows each state and ends after the last one", async () => {
    const server = await ScriptedServer.start({
      jobs: {
        async *watchJob({ jobId }) {
          yield running(jobId, 2);
          yield {};
          yield running(jobId, 3);
          yield succeeded(jobId, 4);
        },
      },
    });
    expect(await statesOf(server.client().watch("a"))).toEqual(["2 RUNNING", "3 RUNNING", "4 SUCCEEDED"]);
  });

  it("reconnects after a broken connection, and goes on after the last revision that it saw", async () => {
    const asked: (bigint | undefined)[] = [];
    const server = await ScriptedServer.start({
      jobs: {
        async *watchJob({ jobId, afterRevision }, context) {
          asked.push(afterRevision);
          if (asked.length === 1) {
            yield running(jobId, 5);
            await shown.opened;
            await server.breakConnections();
            await aborted(context.signal);
          } else {
            yield succeeded(jobId, 9);
          }
        },
      },
    });
    const shown = gate();
    const states: string[] = [];
    for await (const job of server.client().watch("a")) {
      states.push(`${job.revision} ${job.state}`);
      shown.open();
    }
    expect(states).toEqual(["5 RUNNING", "9 SUCCEEDED"]);
    expect(asked).toEqual([undefined, 5n]);
  });

  it("goes on through a stream that ends early, a server that stops and one that is not there yet", async () => {
    const ends = [
      () => undefined,
      () => {
        throw new ConnectError("stopping", Code.Canceled);
      },
      () => {
        throw unavailable(1);
      },
    ];
    let streams = 0;
    const server = await ScriptedServer.start({
      jobs: {
        async *watchJob({ jobId }) {
          streams += 1;
          if (streams === 1) yield running(jobId, 1);
          const end = ends[streams - 1];
          if (end === undefined) yield succeeded(jobId, 2);
          else end();
        },
      },
    });
    expect(await statesOf(server.client().watch("a"))).toEqual(["1 RUNNING", "2 SUCCEEDED"]);
    expect(streams).toBe(4);
  });

  it("goes on for longer than a call would be tried, once it has heard of the job", async () => {
    let streams = 0;
    const server = await ScriptedServer.start({
      jobs: {
        async *watchJob({ jobId }) {
          streams += 1;
          if (streams === 1) yield running(jobId, 1);
          else if (streams === 30) yield succeeded(jobId, 2);
          else throw unavailable();
        },
      },
    });
    const client = server.client({ retry: { tries: 3, initialDelayMs: 0 } });
    expect(await statesOf(client.watch("a"))).toEqual(["1 RUNNING", "2 SUCCEEDED"]);
  });

  it("goes on until a server has room for it, and is refused at first where none has", async () => {
    let streams = 0;
    const full = new ConnectError("20000 streams are open", Code.ResourceExhausted);
    const server = await ScriptedServer.start({
      jobs: {
        async *watchJob({ jobId }) {
          streams += 1;
          if (streams === 1) yield running(jobId, 1);
          else if (streams === 5) yield succeeded(jobId, 2);
          else throw full;
        },
      },
    });
    const client = server.client({ retry: { initialDelayMs: 0 } });
    expect(await statesOf(client.watch("a"))).toEqual(["1 RUNNING", "2 SUCCEEDED"]);
    await expect(statesOf(client.watch("a"))).rejects.toMatchObject({ code: "RESOURCE_EXHAUSTED" });
  });

  it("gives up like any call when no server ever answered", async () => {
    const server = await ScriptedServer.start({});
    await server.stop();
    const watch = server.client({ retry: { tries: 3, initialDelayMs: 1 } }).watch("a");
    await expect(watch.next()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it("replaces a stream on which nothing comes, not even a keep-alive", async () => {
    controlTimers();
    const asked: (bigint | undefined)[] = [];
    let firstClosed: Promise<void> | undefined;
    const server = await ScriptedServer.start({
      jobs: {
        async *watchJob({ jobId, afterRevision }, context) {
          asked.push(afterRevision);
          if (asked.length === 1) {
            firstClosed = aborted(context.signal);
            yield running(jobId, 3);
            await firstClosed;
          } else {
            yield succeeded(jobId, 4);
          }
        },
      },
    });
    const watch = server.client().watch("a", { idleMs: 20_000 });
    expect((await watch.next()).value).toMatchObject({ revision: 3 });
    const rest = statesOf(watch);
    vi.advanceTimersByTime(19_000);
    expect(asked).toHaveLength(1);
    vi.advanceTimersByTime(1_000);
    expect(await rest).toEqual(["4 SUCCEEDED"]);
    expect(asked).toEqual([undefined, 3n]);
    await firstClosed;
    expect(server.sessions).toHaveLength(1);
  });

  it("does not take its own reader's slowness for a dead stream", async () => {
    controlTimers();
    let streams = 0;
    const read = gate();
    const server = await ScriptedServer.start({
      jobs: {
        async *watchJob({ jobId }) {
          streams += 1;
          yield running(jobId, 1);
          await read.opened;
          yield succeeded(jobId, 2);
        },
      },
    });
    const watch = server.client().watch("a", { idleMs: 20_000 });
    await watch.next();
    vi.advanceTimersByTime(25_000);
    read.open();
    expect(await statesOf(watch)).toEqual(["2 SUCCEEDED"]);
    expect(streams).toBe(1);
  });

  it("never shows an older state after a newer one", async () => {
    let streams = 0;
    const server = await ScriptedServer.start({
      jobs: {
        async *watchJob({ jobId }) {
          streams += 1;
          if (streams === 1) yield running(jobId, 7);
          else for (const message of [running(jobId, 6), running(jobId, 7), succeeded(jobId, 8)]) yield message;
        },
      },
    });
    expect(await statesOf(server.client().watch("a"))).toEqual(["7 RUNNING", "8 SUCCEEDED"]);
  });

  it("shows the end even to one who asks for what comes after it", async () => {
    const server = await ScriptedServer.start({
      jobs: {
        async *watchJob({ jobId, afterRevision }) {
          expect(afterRevision).toBe(4n);
          yield succeeded(jobId, 4);
        },
      },
    });
    expect(await statesOf(server.client().watch("a", { afterRevision: 4 }))).toEqual(["4 SUCCEEDED"]);
  });

  it("throws NOT_FOUND", async () => {
    const server = await ScriptedServer.start({
      jobs: {
        // biome-ignore lint/correctness/useYield: it ends before there is anything to show.
        async *watchJob() {
          throw new ConnectError('job "a" does not exist', Code.NotFound);
        },
      },
    });
    await expect(statesOf(server.client().watch("a"))).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("ends without an error when its signal fires, and closes its stream", async () => {
    let closed: Promise<void> | undefined;
    const server = await ScriptedServer.start({
      jobs: {
        async *watchJob({ jobId }, context) {
          closed = aborted(context.signal);
          yield running(jobId, 1);
          await closed;
        },
      },
    });
    const controller = new AbortController();
    const states: string[] = [];
    for await (const job of server.client().watch("a", { signal: controller.signal })) {
      states.push(job.state);
      controller.abort();
    }
    expect(states).toEqual(["RUNNING"]);
    await closed;
  });

  it("closes its stream when the reader leaves the loop", async () => {
    let closed: Promise<void> | undefined;
    const server = await ScriptedServer.start({
      jobs: {
        async *watchJob({ jobId }, context) {
          closed = aborted(context.signal);
          yield running(jobId, 1);
          await closed;
        },
      },
    });
    for await (const job of server.client().watch("a")) if (job.state === "RUNNING") break;
    expect(closed).toBeDefined();
    await closed;
  });

  it("leaves room for calls when there are more watches than a connection carries", async () => {
    const done = gate();
    const all = gate();
    let streams = 0;
    const server = await ScriptedServer.start(
      {
        jobs: {
          async *watchJob({ jobId }) {
            streams += 1;
            if (streams === 1_100) all.open();
            await done.opened;
            yield succeeded(jobId, 1);
          },
          submitJob: () => ({}),
        },
      },
      1_000,
    );
    const client = server.client();
    const ends = Array.from({ length: 1_100 }, (_, place) => statesOf(client.watch(String(place))));
    await all.opened;
    await client.submit({ url: "http://pages/x" });
    done.open();
    expect(new Set((await Promise.all(ends)).flat())).toEqual(new Set(["1 SUCCEEDED"]));
    expect(server.sessions).toHaveLength(3);
  });
});
