// What the conformance runner starts as the server under test. The door is open already, in the process of the test:
// this program reads what the runner asks for and answers with the address given to it, then waits for its end.

import { once } from "node:events";

const [, , host, port] = process.argv;

process.stdin.resume();
await once(process.stdin, "end");

/** A varint of protobuf. */
function varint(number) {
  const bytes = [];
  for (let rest = number; ; rest >>>= 7) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest & 127) | 128);
  }
}

// ServerCompatResponse: `string host = 1; uint32 port = 2`, behind its length in four bytes.
const name = Buffer.from(host);
const message = Buffer.from([0x0a, ...varint(name.length), ...name, 0x10, ...varint(Number(port))]);
const length = Buffer.alloc(4);
length.writeUInt32BE(message.length);
process.stdout.write(Buffer.concat([length, message]));

// The runner ends it by SIGTERM; one that was killed itself leaves it with another parent.
const runner = process.ppid;
setInterval(() => {
  if (process.ppid !== runner) process.exit();
}, 1_000);
