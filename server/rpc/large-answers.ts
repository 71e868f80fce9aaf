// How much one gRPC connection may have under way in answers that may be large. grpc-js keeps each until it has been read,
// and a connection may have a thousand calls: without this one client that asks for five hundred lists and reads none
// fills the memory. What waits has not been begun, and small calls pass it by.

import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { limits } from "../core/limits.js";
import { isOver } from "./grpc-transport.js";

const MOST_BYTES = limits.connectionMebibytes * 1024 * 1024;

/** The most that a call can be answered with, where a small request asks for it. */
const ANSWER_BYTES: Readonly<Record<string, number>> = {
  ListJobs: limits.messageBytes,
  ListBatches: limits.messageBytes,
  GetJob: limits.payloadBytes + limits.resultBytes,
  GetBatch: limits.payloadBytes,
};

/** As grpc-js has it: told that it is cancelled also when its answer has been read. */
interface Call {
  readonly cancelled: boolean;
  getPeer(): string;
  on(event: "cancelled", listener: () => void): unknown;
}

interface Connection {
  underWayBytes: number;
  /** In order: the first that came goes on first. */
  readonly waiting: Set<{ readonly bytes: number; readonly begin: () => void }>;
}

/** 0 of a method whose answers are small. */
export function largestAnswer({ name }: DescMethod): number {
  return ANSWER_BYTES[name] ?? 0;
}

/** Those of one door. */
export class LargeAnswers {
  readonly #connections = new Map<string, Connection>();

  /** Resolves when the call may be begun. CANCELLED if the caller leaves before. */
  begin(call: Call, bytes: number): Promise<void> {
    const peer = call.getPeer();
    const connection = this.#connections.get(peer) ?? { underWayBytes: 0, waiting: new Set() };
    this.#connections.set(peer, connection);
    return new Promise((resolve, reject) => {
      const turn = { bytes, begin: resolve };
      const leave = () => {
        if (connection.waiting.delete(turn)) reject(new ConnectError("the caller left", Code.Canceled));
        else connection.underWayBytes -= bytes;
        // Where all of a connection leave at once none of them is begun in the place of another.
        setImmediate(() => this.#goOn(peer, connection));
      };
      connection.waiting.add(turn);
      if (isOver(call)) return leave();
      call.on("cancelled", leave);
      this.#goOn(peer, connection);
    });
  }

  #goOn(peer: string, connection: Connection): void {
    for (const turn of connection.waiting) {
      if (connection.underWayBytes + turn.bytes > MOST_BYTES) return;
      connection.waiting.delete(turn);
      connection.underWayBytes += turn.bytes;
      turn.begin();
    }
    const isIdle = connection.underWayBytes === 0;
    // Another connection may be known by this address already.
    if (isIdle && this.#connections.get(peer) === connection) this.#connections.delete(peer);
  }
}
