// A name server that lies: what it answers to each question is the test's to say, and may change from one question to
// the next. Real packets over UDP on loopback, and a way to have a server process ask it instead of the system's.

import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";

/** Addresses of both families, in order; another name, perhaps with its addresses as resolvers add them; or something else than an answer. */
export type NameAnswer =
  | readonly string[]
  | { readonly alias: string; readonly addresses?: readonly string[] }
  | "no such name"
  | "server failure"
  | "refused"
  | "silence"
  | "garbage"
  | "cut off";

const CODES: Readonly<Record<string, number>> = { "server failure": 2, "no such name": 3, refused: 5 };
const [A, CNAME, AAAA] = [1, 5, 28];
const HEAD_BYTES = 12;

export class LyingNameServer {
  readonly port: number;
  /** How often each name was asked for, AAAA apart. */
  readonly asked = new Map<string, number>();
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.address().port;
  }

  /** `answer` is asked for both families of a question with the same `count`, from 1. */
  static async start(answer: (name: string, count: number) => NameAnswer): Promise<LyingNameServer> {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    const server = new LyingNameServer(socket);
    const asked: Readonly<Record<number, Map<string, number>>> = { [A]: server.asked, [AAAA]: new Map() };
    socket.on("message", (question: Buffer, { address, port }: RemoteInfo) => {
      const { name, type, end } = read(question);
      const counts = asked[type] ?? new Map<string, number>();
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      const said = packet(question.subarray(0, end), type, answer(name, count));
      if (said !== undefined) socket.send(said, port, address);
    });
    return server;
  }

  /**
   * For NODE_OPTIONS of a server process. It asks the system for names by getaddrinfo, which has no port to set: this
   * puts real questions to this server in the place of that one call, and leaves all else as it is. It asks again, as
   * every resolver does: of hundreds of packets at once some are lost, on loopback too.
   */
  get nodeOptions(): string {
    const script = `
      import dns from "node:dns/promises";
      import { syncBuiltinESMExports } from "node:module";
      const resolver = new dns.Resolver({ timeout: 1_000, tries: 3 });
      resolver.setServers(["127.0.0.1:${this.port}"]);
      dns.lookup = async (name) => {
        const [four, six] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
        const of = ({ value = [] }, family) => value.map((address) => ({ address, family }));
        const found = [...of(four, 4), ...of(six, 6)];
        if (found.length === 0) throw four.reason ?? six.reason ?? Object.assign(new Error("no address"), { code: "ENOTFOUND" });
        return found;
      };
      syncBuiltinESMExports();`;
    return `--import data:text/javascript,${encodeURIComponent(script)}`;
  }

  async close(): Promise<void> {
    this.#socket.close();
    await once(this.#socket, "close");
  }
}

function read(question: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = HEAD_BYTES;
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(question.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), type: question.readUInt16BE(at + 1), end: at + 5 };
}

function packet(question: Buffer, type: number, answer: NameAnswer): Buffer | undefined {
  if (answer === "silence") return undefined;
  if (answer === "garbage") return Buffer.concat([question.subarray(0, 2), Buffer.alloc(200, 0xff)]);
  const records = typeof answer === "string" ? [] : "alias" in answer ? aliased(type, answer) : addresses(type, answer);
  const head = Buffer.from(question);
  // An answer, recursion available, and what became of it.
  head.writeUInt16BE(0x8180 | (typeof answer === "string" ? (CODES[answer] ?? 0) : 0), 2);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt32BE(0, 8);
  const whole = Buffer.concat([head, ...records]);
  if (answer !== "cut off") return whole;
  whole.writeUInt16BE(3, 6);
  return whole;
}

function addresses(type: number, all: readonly string[], name?: Buffer): Buffer[] {
  return all
    .filter((address) => address.includes(":") === (type === AAAA))
    .map((address) => record(type, bytesOf(address), name));
}

function bytesOf(address: string): Buffer {
  if (!address.includes(":")) return Buffer.from(address.split(".").map(Number));
  // Written anew by the URL parser: hex groups alone, and one gap at most.
  const [head = "", tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split("::");
  const [before, after] = [head, tail ?? ""].map((side) => side.split(":").filter(Boolean)) as [string[], string[]];
  const groups = [...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after];
  return Buffer.from(groups.map((group) => group.padStart(4, "0")).join(""), "hex");
}

function aliased(type: number, answer: { readonly alias: string; readonly addresses?: readonly string[] }): Buffer[] {
  const labels = answer.alias
    .split(".")
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  const name = Buffer.concat([...labels, Buffer.from([0])]);
  return [record(CNAME, name), ...addresses(type, answer.addresses ?? [], name)];
}

/** For the name of the question unless another is given; not to be kept. */
function record(type: number, data: Buffer, name: Buffer = Buffer.from([0xc0, HEAD_BYTES])): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([name, head, data]);
}
