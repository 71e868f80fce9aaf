// Every way in which a page misbehaves that the tests know of, each with what its job must come to. The job has two
// attempts of a second and a half.

import { gzipSync } from "node:zlib";
import { drip, endless, forEver, type Misbehaviour } from "./hostile-page.js";

export const ATTEMPT_TIMEOUT_MS = 1_500;

const OK = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok";
const OK_HEAD = "HTTP/1.1 200 OK\r\n";
const OK_CHUNKED = `${OK_HEAD}transfer-encoding: chunked\r\n\r\n`;
const say =
  (answer: string | Uint8Array): Misbehaviour =>
  (socket) =>
    void socket.write(answer);
const sayAndEnd =
  (answer: string): Misbehaviour =>
  (socket) =>
    void socket.end(answer);
const begins =
  (start: string, goOn: Misbehaviour): Misbehaviour =>
  (socket, request) => {
    socket.write(start);
    goOn(socket, request);
  };

/** How a job of two attempts ends: the reason of its last failure, and what its message says. */
export interface End {
  readonly reason: string;
  readonly message: RegExp;
  /** Two unless the failure is for good. */
  readonly attempts?: number;
}

const TIMEOUT: End = { reason: "TIMEOUT", message: /^no answer within 1500 ms/ };
const RESET: End = { reason: "NETWORK", message: /^connection (reset|closed)/ };
const NOT_HTTP: End = { reason: "NETWORK", message: /^the answer is not valid HTTP/ };
const WRONG_LENGTH: End = { reason: "NETWORK", message: /^the answer is not as long as it said/ };
const HEADERS: End = { reason: "NETWORK", message: /^the headers of the answer are too large/ };
const TOO_LARGE: End = { reason: "RESULT_TOO_LARGE", message: /larger than 262144 bytes/, attempts: 1 };
const BAD_STREAM: End = { reason: "BAD_STREAM", message: /^bad stream: / };

/** What the page does, how, and how its job ends. */
export const FAILING: readonly (readonly [what: string, misbehave: Misbehaviour, end: End])[] = [
  ["says nothing", () => {}, TIMEOUT],
  ["drips its headers", (it) => drip(it, endless("x"), 200), NOT_HTTP],
  ["drips header after header", begins("HTTP/1.1 200 OK\r\n", (it) => drip(it, endless("a: b\r\n"), 200)), TIMEOUT],
  [
    "drips its body",
    begins("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", (it) => drip(it, endless("x"), 200)),
    TIMEOUT,
  ],
  ["drips chunks", begins(OK_CHUNKED, (it) => drip(it, endless("1\r\nx\r\n"), 200)), TIMEOUT],
  [
    "drips lines without meaning",
    begins("HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\n\r\n", (it) => drip(it, endless("{}\n"), 200)),
    TIMEOUT,
  ],
  ["resets at once", (it) => void it.resetAndDestroy(), RESET],
  ["closes at once", (it) => void it.destroy(), RESET],
  ["resets in its headers", (it) => void it.write("HTTP/1.1 200 OK\r\ncontent-", () => it.resetAndDestroy()), RESET],
  [
    "resets in its body",
    (it) => void it.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab", () => it.resetAndDestroy()),
    RESET,
  ],
  ["closes in its headers", sayAndEnd("HTTP/1.1 200 OK\r\ncontent-"), RESET],
  ["closes in a chunk", sayAndEnd(`${OK_CHUNKED}5\r\nab`), RESET],
  ["says a length that is too long", sayAndEnd("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok"), RESET],
  ["says a negative length", say("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nok"), NOT_HTTP],
  ["says a length that is no number", say("HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\nok"), NOT_HTTP],
  [
    "says twice when to be called again",
    say("HTTP/1.1 500 No\r\nretry-after: 0\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n"),
    { reason: "HTTP_STATUS", message: /^answered 500/ },
  ],
  ["says two lengths", say("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok"), WRONG_LENGTH],
  [
    "says a length and chunks",
    say("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
    WRONG_LENGTH,
  ],
  [
    "says a length of 20 digits",
    say("HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\nok"),
    WRONG_LENGTH,
  ],
  ["says a chunk without a size", say(`${OK_CHUNKED}zz\r\nok\r\n0\r\n\r\n`), NOT_HTTP],
  ["says a chunk of 16 EiB", say(`${OK_CHUNKED}fffffffffffffffff\r\nok\r\n`), NOT_HTTP],
  [
    "sends headers without end",
    begins("HTTP/1.1 200 OK\r\n", (it) => forEver(it, `a: ${"x".repeat(500)}\r\n`)),
    HEADERS,
  ],
  ["sends one header without end", begins("HTTP/1.1 200 OK\r\na: ", (it) => forEver(it, "x".repeat(4_096))), HEADERS],
  ["sends a status line without end", begins("HTTP/1.1 200 ", (it) => forEver(it, "x".repeat(4_096))), TIMEOUT],
  [
    "sends interim answers without end",
    (it) => forEver(it, "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(50)),
    TIMEOUT,
  ],
  ["sends 100 Continue without end", (it) => forEver(it, "HTTP/1.1 100 Continue\r\n\r\n".repeat(50)), RESET],
  ["switches protocols", say("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"), RESET],
  ["speaks HTTP/0.9", sayAndEnd("<html>hello</html>"), NOT_HTTP],
  ["speaks HTTP/2", say(Buffer.from("000000040000000000", "hex")), NOT_HTTP],
  ["speaks SSH", say("SSH-2.0-OpenSSH_9.6\r\n"), NOT_HTTP],
  ["sends garbage without end", (it) => forEver(it, Buffer.alloc(4_096, 0xfe)), NOT_HTTP],
  [
    "sends a body that is too large",
    begins("HTTP/1.1 200 OK\r\n\r\n", (it) => forEver(it, Buffer.alloc(65_536))),
    TOO_LARGE,
  ],
  ["says that its body is too large", say("HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n"), TOO_LARGE],
  ["sends chunks without end", begins(OK_CHUNKED, (it) => forEver(it, `1000\r\n${"x".repeat(4_096)}\r\n`)), TOO_LARGE],
  ["sends tiny chunks without end", begins(OK_CHUNKED, (it) => forEver(it, "1\r\nx\r\n".repeat(1_000))), TOO_LARGE],
  [
    "sends one line without end",
    begins(`${OK_HEAD}content-type: application/x-ndjson\r\n\r\n`, (it) => forEver(it, "x".repeat(65_536))),
    BAD_STREAM,
  ],
  [
    "sends an event without end",
    begins(`${OK_HEAD}content-type: text/event-stream\r\n\r\n`, (it) => forEver(it, `data: ${"x".repeat(65_536)}\n`)),
    BAD_STREAM,
  ],
  [
    "compresses its stream",
    say(
      `HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ncontent-encoding: gzip\r\n\r\n${gzipSync('{"result":1}\n').toString("latin1")}`,
    ),
    BAD_STREAM,
  ],
  [
    "fails with a message without end",
    begins("HTTP/1.1 500 No\r\ncontent-type: text/plain\r\n\r\n", (it) => forEver(it, "no ".repeat(10_000))),
    { reason: "HTTP_STATUS", message: /^answered 500: no no/ },
  ],
];

/** Odd, but an answer all the same: what the job's result is. */
export const ANSWERING: readonly (readonly [what: string, misbehave: Misbehaviour, result: RegExp])[] = [
  ["answers before it has read the request", say(OK), /^ok$/],
  ["sends interim answers first", say(`${"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(20)}${OK}`), /^ok$/],
  ["sends more than it said", say(`${OK} and more`), /^ok$/],
  ["says twice what it is", say(OK.replace("\r\n\r\n", "\r\ncontent-type: image/png\r\n\r\n")), /^ok$/],
  ["sends trailers", say(`${OK_CHUNKED}2\r\nok\r\n0\r\njob-retry: no\r\nx: y\r\n\r\n`), /^ok$/],
  [
    "sends a second answer that nobody asked for",
    say(`${OK}HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged`),
    /^ok$/,
  ],
  ["ends its answer by closing", sayAndEnd("HTTP/1.0 200 OK\r\n\r\nok"), /^ok$/],
  [
    "sends a bomb, which nobody unpacks",
    say(
      Buffer.concat([
        Buffer.from(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb().length}\r\n\r\n`),
        bomb(),
      ]),
    ),
    /./s,
  ],
];

function bomb(): Buffer {
  return gzipSync(Buffer.alloc(128 * 1024 * 1024));
}
