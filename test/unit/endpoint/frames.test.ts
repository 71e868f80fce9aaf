// Streamed answers, however they are cut into pieces.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../../server/core/limits.js";
import type { Frame } from "../../../server/endpoint/frame.js";
import { FrameReader, type StreamFormat } from "../../../server/endpoint/frames.js";

/** The frames of a stream, or what is wrong with it. */
function read(format: StreamFormat, ...pieces: (string | Uint8Array)[]): Frame[] | string {
  const frames: Frame[] = [];
  const reader = new FrameReader(format, (frame) => frames.push(frame));
  for (const piece of pieces) {
    const fault = reader.push(typeof piece === "string" ? Buffer.from(piece) : piece);
    if (fault !== undefined) return fault;
  }
  return reader.end() ?? frames;
}

const NDJSON = '{"progress":{"done":1,"total":3,"message":"é😀"}}\r\n\n{"log":"héllo"}\n{"result":{"a":[1,"}"]}}\n';
const SSE =
  ': hello\r\n\r\nevent: x\nid: 1\ndata: {"progress":\ndata:{"done":1,"total":3,"message":"é😀"}}\n\n' +
  'retry: 5\rdata: {"log":"héllo"}\r\rdata: {"result":{"a":[1,"}"]}}\r\n\r\n';
const FRAMES: Frame[] = [
  { kind: "progress", progress: { done: 1, total: 3, message: "é😀" } },
  { kind: "log", message: "héllo" },
  { kind: "result", json: '{"a":[1,"}"]}' },
];

describe("a stream of frames", () => {
  it.each([
    ["ndjson", NDJSON],
    ["sse", SSE],
  ] as const)("in %s is the same wherever it is cut, between the bytes of a character too", (format, stream) => {
    const bytes = Buffer.from(stream);
    expect(read(format, bytes)).toEqual(FRAMES);
    for (let at = 0; at <= bytes.length; at++) {
      expect(read(format, bytes.subarray(0, at), bytes.subarray(at))).toEqual(FRAMES);
    }
    expect(read(format, ...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(FRAMES);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        expect(read(format, ...at.slice(1).map((end, i) => bytes.subarray(at[i], end)))).toEqual(FRAMES);
      }),
    );
  });

  it("needs no line end after the last frame", () => {
    expect(read("ndjson", '{"result":1}')).toEqual([{ kind: "result", json: "1" }]);
    expect(read("sse", 'data: {"result":1}')).toEqual([{ kind: "result", json: "1" }]);
  });

  it("may begin with a byte order mark", () => {
    expect(read("ndjson", '\ufeff{"result":1}\n')).toEqual([{ kind: "result", json: "1" }]);
    expect(read("sse", '\ufeffdata: {"result":1}\n\n')).toEqual([{ kind: "result", json: "1" }]);
  });

  it("ignores blank lines, comments and events without data", () => {
    expect(read("ndjson", "\n \n\r\n")).toEqual([]);
    expect(read("sse", ":\n\n: keep alive\n\nevent: ping\n\ndata\n\ndata:\n\nunknown: x\n\n")).toEqual([]);
  });

  it("is refused when a frame is longer than its bound, in one piece or in many", () => {
    const long = Buffer.alloc(limits.frameBytes + 1, "x");
    expect(read("ndjson", long)).toContain("longer than");
    expect(read("ndjson", ...Array<Buffer>(9).fill(Buffer.alloc(limits.frameBytes / 8, "x")))).toContain("longer than");
    expect(read("sse", ...Array<string>(10).fill(`data: ${"x".repeat(limits.frameBytes / 8)}\n`))).toContain(
      "longer than",
    );
  });

  it("takes a frame of exactly the bound", () => {
    const frame = `{"log":"${"x".repeat(limits.frameBytes - 10)}"}`;
    expect(frame.length).toBe(limits.frameBytes);
    expect(read("ndjson", `${frame}\n`)).toHaveLength(1);
  });

  it("is refused when it is not UTF-8", () => {
    expect(read("ndjson", Uint8Array.of(0x7b, 0xff, 0x7d, 0x0a))).toBe("a line is not UTF-8");
  });
});

describe("one frame", () => {
  const one = (text: string) => read("ndjson", `${text}\n`);

  it.each([
    ["nonsense", "a frame is not JSON"],
    ['{"progress":', "a frame is not JSON"],
    ["42", "a frame is not a JSON object"],
    ["[]", "a frame is not a JSON object"],
    ["null", "a frame is not a JSON object"],
    ['{"progress":5}', "progress must be an object"],
    ['{"progress":[]}', "progress must be an object"],
    ['{"progress":{"done":"1"}}', "progress.done must be a number, 0 or more"],
    ['{"progress":{"done":-1}}', "progress.done must be a number, 0 or more"],
    ['{"progress":{"total":1e999}}', "progress.total must be a number, 0 or more"],
    ['{"progress":{"message":5}}', "progress.message must be a string"],
    ['{"log":{}}', "log must be a string"],
    ['{"error":"boom"}', "error must be an object"],
    ['{"error":{"message":5}}', "error.message must be a string"],
    ['{"error":{"retryable":"no"}}', "error.retryable must be true or false"],
    ['{"result":1,"error":{}}', "a frame has both result and error"],
  ])("%s is refused: %s", (text, fault) => expect(one(text)).toBe(fault));

  it("may hold keys that are not known, and null for what is absent", () => {
    expect(one('{"v":2}')).toEqual([]);
    expect(one('{"progress":{"done":null,"total":7,"message":null,"eta":9},"log":null,"error":null}')).toEqual([
      { kind: "progress", progress: { total: 7, message: "" } },
    ]);
  });

  it("may hold progress, a line of log and the result at once", () => {
    expect(one('{"result":null,"log":"l","progress":{}}')).toEqual([
      { kind: "progress", progress: { message: "" } },
      { kind: "log", message: "l" },
      { kind: "result", json: "null" },
    ]);
  });

  it("is retryable where an error does not say", () => {
    expect(one('{"error":{"message":"m"}}')).toEqual([{ kind: "error", message: "m", retryable: true, busy: false }]);
    expect(one('{"error":{"message":"m","retryable":false}}')).toEqual([
      { kind: "error", message: "m", retryable: false, busy: false },
    ]);
  });

  it("gives a result exactly as it is written, large numbers and all", () => {
    const json = '{ "id": 12345678901234567890, "x": 1.0, "r": {"result": 2}, "s": "a\\"},{\\"result\\":3" }';
    expect(one(`{"a":{"result":0},"result" : ${json} , "z":[{"result":4}]}`)).toEqual([{ kind: "result", json }]);
    expect(one('{"res\\u0075lt":[1, 2]}')).toEqual([{ kind: "result", json: "[1, 2]" }]);
    expect(one('{"result":1,"result":2}')).toEqual([{ kind: "result", json: "2" }]);
  });

  it("gives every JSON value as a result that parses to the same", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (others, result) => {
        const { progress: _p, log: _l, error: _e, ...rest } = others;
        const frames = one(JSON.stringify({ ...rest, result, zz: others }));
        expect(frames).toEqual([{ kind: "result", json: JSON.stringify(result) }]);
      }),
    );
  });
});
