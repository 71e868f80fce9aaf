// The MongoDB of a run: one node, or a replica set of three, each on a port and in a folder that it keeps however often
// it dies. Servers reach a node by its advertised address, which may be a link that is cut.

import type { ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Document, MongoClient } from "mongodb";
import { findMongod } from "../test/support/find-mongod.js";
import { freePort } from "../test/support/free-port.js";
import { end, startDaemon } from "./processes.js";

export interface Node {
  readonly port: number;
  /** As the set knows it: `127.0.0.1:PORT`. */
  readonly advertised: string;
  readonly folder: string;
  child: ChildProcess | undefined;
}

const NAME = "chaos";
const START_MS = 60_000;
const POLL_MS = 50;
/** So that a run does not wait for long: the default is ten seconds. */
const ELECTION_MS = 2_000;

export class ReplicaSet {
  readonly nodes: readonly Node[];
  #binary = "";

  private constructor(nodes: readonly Node[]) {
    this.nodes = nodes;
  }

  /** @param advertise the address under which a node on this port is to be reached */
  static async start(count: number, folder: string, advertise: (port: number) => Promise<string>): Promise<ReplicaSet> {
    const nodes: Node[] = [];
    for (let index = 0; index < count; index++) {
      const port = await freePort();
      const place = join(folder, `node-${index}`);
      mkdirSync(place, { recursive: true });
      nodes.push({ port, advertised: await advertise(port), folder: place, child: undefined });
    }
    const set = new ReplicaSet(nodes);
    set.#binary = await findMongod();
    await Promise.all(nodes.map((node) => set.#start(node)));
    await set.#initiate();
    return set;
  }

  /** For servers and for the checker, past every link. */
  get uri(): string {
    return `mongodb://${this.nodes.map(({ advertised }) => advertised).join(",")}/chaos?replicaSet=${NAME}`;
  }

  /** Of the node that is primary now, or else of any. */
  async primary(): Promise<Node> {
    for (const node of this.nodes) {
      const hello = await this.#ask(node, { hello: 1 }).catch(() => undefined);
      if (hello?.isWritablePrimary === true) return node;
    }
    return this.nodes[0] as Node;
  }

  /** SIGKILL; it comes back. */
  async kill(node: Node): Promise<void> {
    await end(node.child, "SIGKILL");
    await this.#start(node);
  }

  /** Another is elected, where there is another. */
  async stepDown(): Promise<void> {
    const node = await this.primary();
    // It may refuse while no other has caught up, or close the connection: either is a fault like others.
    await this.#ask(node, { replSetStepDown: 5, secondaryCatchUpPeriodSecs: 2 }).catch(() => undefined);
  }

  async untilWritable(): Promise<void> {
    const deadline = Date.now() + START_MS;
    while (Date.now() < deadline) {
      for (const node of this.nodes) {
        const hello = await this.#ask(node, { hello: 1 }).catch(() => undefined);
        if (hello?.isWritablePrimary === true) return;
      }
      await wait(POLL_MS);
    }
    throw new Error("no mongod became primary");
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map(({ child }) => end(child, "SIGKILL")));
  }

  async #initiate(): Promise<void> {
    const members = this.nodes.map(({ advertised }, index) => ({ _id: index, host: advertised }));
    const settings = { electionTimeoutMillis: ELECTION_MS, heartbeatIntervalMillis: ELECTION_MS / 4 };
    const config = { _id: NAME, members, settings };
    await this.#ask(this.nodes[0] as Node, { replSetInitiate: config });
    await this.untilWritable();
  }

  /** Straight to this node, past its link. */
  async #ask(node: Node, command: Document): Promise<Document> {
    const uri = `mongodb://127.0.0.1:${node.port}/?directConnection=true`;
    const client = new MongoClient(uri, { serverSelectionTimeoutMS: 2_000, socketTimeoutMS: 10_000 });
    try {
      return await client.db("admin").command(command);
    } finally {
      await client.close();
    }
  }

  async #start(node: Node): Promise<void> {
    const place = ["--dbpath", node.folder, "--port", String(node.port), "--bind_ip", "127.0.0.1", "--nounixsocket"];
    const more = ["--replSet", NAME, "--wiredTigerCacheSizeGB", "0.5", "--setParameter", "enableTestCommands=1"];
    const ready = /"Waiting for connections"/;
    node.child = (await startDaemon(this.#binary, [...place, ...more], ready, () => {})).child;
  }
}
