// HTTP/1.1 misused on raw sockets against the HTTP door of a real server: lengths that contradict each other, requests
// hidden in bodies, bytes that are no HTTP, bodies that never end, readers that never read. What a proxy would read in
// another way than Node is refused, and its connection closed.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { envelope } from "../support/hostile-calls.js";
import {
  type AttackedServer,
  memoryNow,
  startAttackedServer,
  storeLargeJobs,
  waitFor,
} from "../support/hostile-server.js";
import { RawHttp1 } from "../support/hostile-sockets.js";
import { sayByFetch } from "../support/raw-client.js";

const PEAK_MEBIBYTES = 450;
const PATH = "/drover.v1.QueueService/GetQueue";
const BODY = '{"queue":"q"}';
const JSON_TYPE = "content-type: application/json\r\n";

/** A request by its lines; the body follows them as it is. */
function post(headers: readonly string[], body = BODY, path = PATH): string {
  return `POST ${path} HTTP/1.1\r\nhost: a\r\n${JSON_TYPE}${headers.map((line) => `${line}\r\n`).join("")}\r\n${body}`;
}

const SOUND = post([`content-length: ${BODY.length}`]);
/** If it is ever taken for a request of its own, there is a queue of that name. */
const SMUGGLED = post(["content-length: 20"], '{"queue":"smuggled"}', "/drover.v1.QueueService/PauseQueue");
const CHUNKED = "transfer-encoding: chunked";
const ALL = `content-length: ${SMUGGLED.length}`;

/** What is wrong, what is sent, and the status of the answer, after which the connection is closed. */
const REFUSED: [string, string, number][] = [
  ["a length and chunks", post(["content-length: 6", CHUNKED], `0\r\n\r\n${SMUGGLED}`), 400],
  ["chunks and a length", post([CHUNKED, "content-length: 6"], `0\r\n\r\n${SMUGGLED}`), 400],
  ["two lengths", post(["content-length: 0", ALL], SMUGGLED), 400],
  ["a list of lengths", post([`content-length: 0, ${SMUGGLED.length}`], SMUGGLED), 400],
  ["an encoding much like chunked", post(["transfer-encoding: xchunked"], SMUGGLED), 400],
  ["chunks within chunks", post(["transfer-encoding: chunked, chunked"], `0\r\n\r\n${SMUGGLED}`), 400],
  ["another encoding after chunks", post(["transfer-encoding: chunked, identity"], `0\r\n\r\n${SMUGGLED}`), 400],
  ["a space before the colon", post(["transfer-encoding : chunked", "content-length: 0"], SMUGGLED), 400],
  ["a folded header", post(["x: y", ` ${CHUNKED}`, "content-length: 0"], SMUGGLED), 400],
  ["lines that end in LF", SOUND.replaceAll("\r\n", "\n"), 400],
  ["lines that end in CR", SOUND.replaceAll("\r\n", "\r"), 400],
  ["a negative length", post(["content-length: -1"]), 400],
  ["a length with a plus", post(["content-length: +13"]), 400],
  ["a length in hex", post(["content-length: 0xd"]), 400],
  ["a length beyond 64 bits", post(["content-length: 99999999999999999999"]), 400],
  ["a chunk whose size is none", post([CHUNKED], `zz\r\n${BODY}\r\n0\r\n\r\n`), 400],
  ["a chunk whose size is negative", post([CHUNKED], `-d\r\n${BODY}\r\n0\r\n\r\n`), 400],
  ["a chunk whose size overflows", post([CHUNKED], `fffffffffffffffff\r\n${BODY}\r\n0\r\n\r\n`), 400],
  ["a chunk without its end", post([CHUNKED], `d\r\n${BODY}0\r\n\r\n`), 400],
  ["a chunk with 100 kB of extensions", post([CHUNKED], `d;${"x".repeat(100_000)}\r\n${BODY}\r\n0\r\n\r\n`), 413],
  ["trailers of 160 kB", post([CHUNKED], `d\r\n${BODY}\r\n0\r\n${"a: b\r\n".repeat(20_000)}\r\n`), 431],
  ["headers of 20 kB", post([`x: ${"y".repeat(20_000)}`]), 431],
  ["an address of 30 kB", `GET /${"x".repeat(30_000)} HTTP/1.1\r\nhost: a\r\n\r\n`, 431],
  ["no host", SOUND.replace("host: a\r\n", ""), 400],
  ["a header without a colon", post(["nocolon"]), 400],
  ["a header name with a space", post(["a b: c"]), 400],
  ["a header value with NUL", post(["a: b\0c"]), 400],
  ["a method that there is not", `STEAL ${PATH} HTTP/1.1\r\nhost: a\r\n\r\n`, 400],
  ["a space in its address", "GET /a b HTTP/1.1\r\nhost: a\r\n\r\n", 400],
  ["HTTP/9.9", "GET / HTTP/9.9\r\nhost: a\r\n\r\n", 400],
  ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
  ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400],
  ["SSH", "SSH-2.0-OpenSSH_9.6\r\n\r\n", 400],
  ["zeros", "\0".repeat(64), 400],
];

let attacked: AttackedServer;
beforeAll(async () => {
  attacked = await startAttackedServer();
});
afterAll(() => attacked.close());

const open = (bytes: string | Uint8Array) =>
  new RawHttp1(attacked.httpPort).send(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);

describe("a request with", () => {
  it.each(REFUSED)("%s is refused once, and its connection closed", async (_, bytes, status) => {
    const connection = open(bytes);
    expect((await connection.untilClosed()).map((answer) => answer.status)).toEqual([status]);
  });

  it("others sent ahead is answered in order", async () => {
    const connection = open(SOUND + SOUND.replace(BODY, '{"queue":""}' + " ") + SOUND);
    expect((await connection.until(3)).map(({ status }) => status)).toEqual([404, 400, 404]);
    connection.end();
  });

  it("a shorter length than its body has is answered, and what is left over is no request", async () => {
    const statuses = (await open(post(["content-length: 5"])).untilClosed()).map(({ status }) => status);
    expect(statuses.at(-1)).toBe(400);
  });

  it("another in a body that nobody reads is one request", async () => {
    for (const path of ["/nothing", "/healthz", PATH]) {
      const evil = post([ALL, "origin: http://evil.test"], SMUGGLED, path);
      const connection = open(evil + SOUND);
      const [first] = await connection.until(1);
      expect([403, 404, 200]).toContain(first?.status);
      connection.end();
    }
  });

  it.each([
    "CONNECT 169.254.169.254:80 HTTP/1.1\r\nhost: a\r\n\r\n",
    "GET http://169.254.169.254/ HTTP/1.1\r\nhost: a\r\n\r\n",
  ])("the wish for a proxy, as %.20s, gets none", async (bytes) => {
    const connection = open(bytes);
    const [answer] = await connection.until(1);
    expect(answer?.status ?? "closed").toEqual(bytes.startsWith("CONNECT") ? "closed" : 404);
    connection.end();
  });

  it("the wish for another protocol is answered in this one", async () => {
    const headers = [
      `content-length: ${BODY.length}`,
      "connection: upgrade",
      "upgrade: h2c",
      "http2-settings: AAMAAABk",
    ];
    const connection = open(post(headers));
    expect((await connection.until(1))[0]?.status).toBe(404);
    connection.end();
  });

  it("nothing hidden in another was ever done", async () => {
    const answer = await sayByFetch(attacked.server.http)("QueueService/GetQueue", { queue: "smuggled" });
    expect(answer.code).toBe("NOT_FOUND");
  });
});

describe("connections that use up what they can", () => {
  it("by 500 requests that never end, the good client goes on", async () => {
    const before = attacked.good.rounds.HTTP;
    const head = "POST /drover.v1.JobService/SubmitJob HTTP/1.1\r\nhost: a\r\n";
    const sorts = [
      "",
      "POST ",
      head,
      `${head}x: `,
      `${head}content-length: 1000\r\n\r\n{`,
      `${head}${CHUNKED}\r\n\r\n4\r\n{`,
    ];
    const held = Array.from({ length: 500 }, (_, index) => open(sorts[index % sorts.length] ?? ""));
    await waitFor(() => attacked.good.rounds.HTTP >= before + 5);
    expect(held.filter(({ closed }) => closed)).toEqual([]);
    for (const connection of held) connection.end();
  });

  it("by a thousand large answers that are asked for ahead and never read, it gets one", async () => {
    await storeLargeJobs(attacked);
    const before = memoryNow(attacked.server);
    // ListJobsRequest { queue: "large", view: FULL } in protobuf.
    const list = "\x0a\x05large\x48\x02";
    const ask = post([`content-length: ${list.length}`], list, "/drover.v1.JobService/ListJobs");
    const connection = open("");
    connection.socket.pause();
    connection.send(Buffer.from(ask.replace("application/json", "application/proto").repeat(1_000), "latin1"));
    const rounds = attacked.good.rounds.HTTP;
    await waitFor(() => attacked.good.rounds.HTTP >= rounds + 10);
    // All of them are more than 2 GiB.
    expect(memoryNow(attacked.server) - before).toBeLessThan(150);
    connection.end();
  });

  it("by 40 bodies of the largest size that never end, memory holds them and no more", async () => {
    const before = memoryNow(attacked.server);
    const head = post(["content-length: 4000000"], "");
    const held = Array.from({ length: 40 }, () => open(head).send(Buffer.alloc(3_900_000, " ")));
    const rounds = attacked.good.rounds.HTTP;
    await waitFor(() => held.every(({ socket }) => socket.writableLength === 0));
    // The system took all of it; the server reads it between the calls of the good client.
    await waitFor(() => attacked.good.rounds.HTTP >= rounds + 20);
    // Each holds at most a message of 4 MiB. What was read and is not needed any more is collected while others are served:
    // never, where more is held.
    await expect.poll(() => memoryNow(attacked.server) - before, { timeout: 15_000 }).toBeLessThan(40 * 5.5);
    for (const connection of held) connection.end();
  });

  it("by 300 watchers that never read, the job's other watcher sees its end", async () => {
    const say = sayByFetch(attacked.server.http);
    const job = { id: "watched", delay: "3600s", endpoint: { url: `${attacked.page.origin}/x` } };
    await say("JobService/SubmitJob", { job });
    const request = envelope(Buffer.from('{"jobId":"watched"}'));
    const head = `POST /drover.v1.JobService/WatchJob HTTP/1.1\r\nhost: a\r\ncontent-type: application/connect+json\r\ncontent-length: ${request.length}\r\n\r\n`;
    const watchers = Array.from({ length: 300 }, () => open(head).send(request));
    for (const { socket } of watchers) socket.pause();
    expect((await say("JobService/CancelJob", { jobId: "watched" })).body.job.state).toBe("JOB_STATE_CANCELLED");
    for (const watcher of watchers) watcher.end();
  });
});

it("the server is unharmed, and a good client was answered all the time", async () => {
  await attacked.expectUnharmed(PEAK_MEBIBYTES);
});
