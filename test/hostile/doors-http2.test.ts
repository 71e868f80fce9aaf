// HTTP/2 misused frame by frame against the gRPC door of a real server: floods, streams that never end, windows that
// never open, frames that may not be. The connection pays for it, nobody else does.

import { once } from "node:events";
import { connect } from "node:http2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { envelope, GrpcCaller } from "../support/hostile-calls.js";
import { inTime } from "../support/hostile-good-client.js";
import {
  callHeaders,
  END_HEADERS,
  END_STREAM,
  FRAME,
  frame,
  headerBlock,
  INITIAL_WINDOW_SIZE,
  RawHttp2,
  settings,
  uint32,
} from "../support/hostile-http2.js";
import { fuzzPage, type SoundRequest, soundRequests } from "../support/hostile-requests.js";
import {
  type AttackedServer,
  memoryNow,
  startAttackedServer,
  storeLargeJobs,
  waitFor,
} from "../support/hostile-server.js";
import { RawClient } from "../support/raw-client.js";

const PEAK_MEBIBYTES = 500;
const GET = "/drover.v1.JobService/GetJob";
const WATCH = "/drover.v1.JobService/WatchJob";
const LIST = "/drover.v1.JobService/ListJobs";
const CANCEL = 8;

let attacked: AttackedServer;
let get: Buffer;
let watch: Buffer;
const opened: RawHttp2[] = [];

beforeAll(async () => {
  attacked = await startAttackedServer(fuzzPage);
  const sound = await soundRequests(attacked.server.grpc, attacked.page);
  const bytesOf = (name: string) =>
    Buffer.from((sound.find(({ method }) => method.name === name) as SoundRequest).bytes);
  get = envelope(bytesOf("GetJob"));
  watch = envelope(bytesOf("WatchJob"));
});
afterAll(async () => {
  for (const connection of opened) connection.end();
  await attacked.close();
});

async function open(...pairs: (readonly [number, number])[]): Promise<RawHttp2> {
  const connection = await RawHttp2.open(attacked.grpcPort, ...pairs);
  opened.push(connection);
  return connection;
}

const idOf = (call: number) => call * 2 + 1;
const begin = (call: number, path = GET) => frame(FRAME.headers, END_HEADERS, idOf(call), callHeaders(path));
const whole = (call: number, body: Buffer, path = GET) =>
  Buffer.concat([begin(call, path), frame(FRAME.data, END_STREAM, idOf(call), body)]);
const reset = (call: number) => frame(FRAME.reset, 0, idOf(call), uint32(CANCEL));

/** So many frames, some hundred at a time, until they are sent or the server has had enough. */
async function flood(connection: RawHttp2, count: number, make: (index: number) => Uint8Array): Promise<void> {
  for (let sent = 0; sent < count && !connection.closed && connection.goAwayCode === undefined; sent += 200) {
    await connection.write(Buffer.concat(Array.from({ length: 200 }, (_, index) => make(sent + index))));
  }
}

/** A good call on a connection of its own. */
async function expectOthersServed(): Promise<void> {
  const caller = new GrpcCaller(attacked.grpcPort);
  expect((await inTime(caller.call(GET, get), "a call beside an attack")).code).toBe(0);
  caller.close();
}

const ended = (connection: RawHttp2) => connection.closed || connection.goAwayCode !== undefined;

const PING = frame(FRAME.ping, 0, 0, Buffer.alloc(8));

/** What a server must not go on with: it says GOAWAY or closes. */
const ENDED: [string, (connection: RawHttp2) => Promise<void>][] = [
  ["streams that are begun and reset", (it) => flood(it, 20_000, (n) => Buffer.concat([begin(n), reset(n)]))],
  ["whole calls that are reset at once", (it) => flood(it, 20_000, (n) => Buffer.concat([whole(n, get), reset(n)]))],
  ["settings", (it) => flood(it, 100_000, () => settings([INITIAL_WINDOW_SIZE, 65_535]))],
  ["pings", (it) => flood(it, 100_000, () => PING)],
  [
    "pings whose answers are not read",
    async (it) => {
      it.socket.pause();
      await flood(it, 20_000, () => PING);
      it.socket.resume();
    },
  ],
  [
    "empty frames of data",
    async (it) => {
      await it.write(begin(0));
      await flood(it, 100_000, () => frame(FRAME.data, 0, 1));
    },
  ],
  [
    "continuations of headers",
    async (it) => {
      await it.write(frame(FRAME.headers, 0, 1, callHeaders(GET)));
      await flood(it, 20_000, () => frame(FRAME.continuation, 0, 1, headerBlock([["x", "y".repeat(100)]])));
    },
  ],
  ["streams beyond its bound", (it) => flood(it, 5_000, (n) => begin(n))],
  ["a window that overflows", (it) => it.write(frame(FRAME.windowUpdate, 0, 0, uint32(0x7fffffff)))],
  ["data on no stream", (it) => it.write(frame(FRAME.data, 0, 0, Buffer.alloc(8)))],
  ["data on a stream that is not open", (it) => it.write(frame(FRAME.data, 0, 99, Buffer.alloc(8)))],
  ["a frame larger than allowed", (it) => it.write(frame(FRAME.data, 0, 1, Buffer.alloc(100_000)))],
  ["a pushed stream", (it) => it.write(frame(FRAME.pushPromise, END_HEADERS, 1, uint32(2)))],
  ["a block of headers that is none", (it) => it.write(frame(FRAME.headers, END_HEADERS, 1, Buffer.alloc(40, 0xff)))],
  ["a stream with an even number", (it) => it.write(frame(FRAME.headers, END_HEADERS, 2, callHeaders(GET)))],
  ["a setting that is out of range", (it) => it.write(settings([INITIAL_WINDOW_SIZE, 0xffffffff]))],
  ["a ping of the wrong length", (it) => it.write(frame(FRAME.ping, 0, 0, Buffer.alloc(3)))],
];

describe("a connection with", () => {
  it.each(ENDED)("%s is ended, and others are served", async (_, attack) => {
    const connection = await open();
    await attack(connection);
    await inTime(
      connection.until(() => ended(connection)),
      "the end of the connection",
    );
    expect(ended(connection)).toBe(true);
    await expectOthersServed();
    connection.end();
  });

  it.each([
    ["frames of types that there are not", (n: number) => frame(0x50, 0xff, n, Buffer.alloc(100))],
    ["priorities, which mean nothing", () => frame(FRAME.priority, 0, 1, Buffer.from([0, 0, 0, 3, 9]))],
  ])("%s goes on: they are to be ignored", async (_, make) => {
    const connection = await open();
    await flood(connection, 20_000, make);
    expect(await inTime(connection.answersPing(), "a ping")).toBe(true);
    connection.end();
  });

  it.each([
    ["HTTP/1.1", "POST / HTTP/1.1\r\nhost: a\r\n\r\n"],
    ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
    ["half of the preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n"],
    ["zeros", "\0".repeat(100)],
  ])("%s instead of HTTP/2 harms nobody", async (_, bytes) => {
    const connection = RawHttp2.raw(attacked.grpcPort);
    opened.push(connection);
    await connection.write(Buffer.from(bytes, "latin1"));
    await expectOthersServed();
    connection.end();
  });
});

describe("the memory of the server is bounded", () => {
  it("where a connection begins large messages by the hundred and ends none", async () => {
    const before = memoryNow(attacked.server);
    const connection = await open();
    const lies = envelope(Buffer.alloc(0), 0, 4 * 1024 * 1024);
    await flood(connection, 200, (n) => Buffer.concat([begin(n), frame(FRAME.data, 0, idOf(n), lies)]));
    // 3 MiB for each: 600 MiB, were they kept.
    for (let round = 0; round < 192 && !connection.closed; round++) {
      await flood(connection, 200, (n) => frame(FRAME.data, 0, idOf(n), Buffer.alloc(16_000)));
    }
    await inTime(connection.answersPing(), "a ping");
    expect(memoryNow(attacked.server) - before).toBeLessThan(200);
    await expectOthersServed();
    connection.end();
  });

  it("where 1,000 large answers meet a window that never opens", async () => {
    await storeLargeJobs(attacked);
    const before = memoryNow(attacked.server);
    const connection = await open([INITIAL_WINDOW_SIZE, 0]);
    const list = envelope(Buffer.concat([Buffer.from([0x0a, 5]), Buffer.from("large"), Buffer.from([0x48, 2])]));
    const { gRPC } = attacked.good.rounds;
    await flood(connection, 1_000, (n) => whole(n, list, LIST));
    await waitFor(() => attacked.good.rounds.gRPC >= gRPC + 10);
    // All of them are more than 2 GiB; one connection may hold 64 MiB.
    expect(memoryNow(attacked.server) - before).toBeLessThan(200);
    connection.end();
  });

  it("where 600 calls for large answers are begun before any of them is asked in full", async () => {
    await storeLargeJobs(attacked);
    const before = memoryNow(attacked.server);
    const connection = await open();
    const list = envelope(Buffer.concat([Buffer.from([0x0a, 5]), Buffer.from("large"), Buffer.from([0x48, 2])]));
    await flood(connection, 600, (n) => begin(n, LIST));
    await connection.write(
      Buffer.concat(Array.from({ length: 600 }, (_, n) => frame(FRAME.data, END_STREAM, idOf(n), list))),
    );
    const { gRPC } = attacked.good.rounds;
    await waitFor(() => attacked.good.rounds.gRPC >= gRPC + 10);
    expect(memoryNow(attacked.server) - before).toBeLessThan(250);
    connection.end();
    await expectOthersServed();
  });

  it("where 2,000 watchers on two connections never read", async () => {
    const raw = new RawClient(attacked.server.grpc);
    const job = { id: "watched", delay: "3600s", endpoint: { url: `${attacked.page.origin}/x` } };
    expect((await raw.say("JobService/SubmitJob", { job })).code).toBe("OK");
    const before = memoryNow(attacked.server);
    const request = envelope(Buffer.concat([Buffer.from([0x0a, 7]), Buffer.from("watched")]));
    for (const connection of [await open([INITIAL_WINDOW_SIZE, 0]), await open([INITIAL_WINDOW_SIZE, 0])]) {
      await flood(connection, 1_000, (n) => whole(n, request, WATCH));
      await connection.until(() => connection.count(FRAME.headers) >= 1_000);
      expect(connection.count(FRAME.headers)).toBe(1_000);
    }
    const seen = (async () => {
      for await (const { job: shown } of raw.watch({ jobId: "watched" })) if (shown === undefined) continue;
      return (await raw.say("JobService/GetJob", { jobId: "watched" })).body.job.state;
    })();
    await raw.say("JobService/CancelJob", { jobId: "watched" });
    expect(await inTime(seen, "a watch beside 2,000 others")).toBe("JOB_STATE_CANCELLED");
    expect(memoryNow(attacked.server) - before).toBeLessThan(150);
    raw.close();
  });

  it("where 200 connections say nothing, or half a call", async () => {
    const halves = [
      Buffer.alloc(0),
      begin(0),
      Buffer.concat([begin(0), frame(FRAME.data, 0, 1, Buffer.from([0, 0, 0]))]),
    ];
    const connections = await Promise.all(Array.from({ length: 200 }, () => open()));
    await Promise.all(connections.map((connection, index) => connection.write(halves[index % 3] as Buffer)));
    await expectOthersServed();
    for (const connection of connections) connection.end();
  });
});

describe("a client that leaves in the middle", () => {
  it("by GOAWAY is still answered what it had asked", async () => {
    const session = connect(`http://127.0.0.1:${attacked.grpcPort}`);
    const headers = { ":method": "POST", "content-type": "application/grpc", te: "trailers" };
    const calls = Array.from({ length: 20 }, () => session.request({ ...headers, ":path": WATCH }));
    const statuses = calls.map(async (call) => {
      const [trailers] = await once(call.resume().end(watch), "trailers");
      return trailers["grpc-status"];
    });
    session.goaway(0, idOf(1_000));
    expect(await inTime(Promise.all(statuses), "the answers after GOAWAY")).toEqual(Array(20).fill("0"));
    session.destroy();
  });

  it("by closing its socket, again and again, leaves nothing behind", async () => {
    const before = memoryNow(attacked.server);
    for (let round = 0; round < 100; round++) {
      const connection = await open();
      await flood(connection, 200, (n) => whole(n, n % 2 === 0 ? get : watch, n % 2 === 0 ? GET : WATCH));
      connection.end();
    }
    await expectOthersServed();
    expect(memoryNow(attacked.server) - before).toBeLessThan(150);
  });
});

it("the server is unharmed, and a good client was answered all the time", async () => {
  await attacked.expectUnharmed(PEAK_MEBIBYTES);
});
