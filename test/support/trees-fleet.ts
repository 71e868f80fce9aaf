// Servers that share a store and are killed and replaced, or stand still, while they are used; and how a caller who
// cannot know that reaches one of them: an answer that does not come is asked for again.

import { setTimeout as wait } from "node:timers/promises";
import type { JsonObject } from "@bufbuild/protobuf";
import { type Answer, fromHttp } from "./raw-client.js";
import { type ServerProcess, startServer } from "./server.js";

export interface Asked {
  readonly token?: string;
  /** The caller goes away: the answer is lost, whatever becomes of the call. */
  readonly signal?: AbortSignal;
}

/** What a caller sees of a call whose answer never came. */
const LOST: Answer = { code: "LOST", message: "no answer", fields: [], reason: undefined, body: {} };
/** Longer than the append of a server that died holds up a seal. */
const PATIENCE_MS = 30_000;
/** Between two tries at a service that says that it cannot. */
const AGAIN_MS = 100;

export class Fleet {
  readonly #store: string;
  readonly #flags: readonly string[];
  readonly #servers: (ServerProcess | undefined)[] = [];
  #waiting: (() => void)[] = [];
  #turn = 0;
  #broken: unknown;
  #blow: Promise<void> = Promise.resolve();
  /** When a server was last started or went on, by the monotonic clock. */
  calmTime = 0;

  constructor(store: string, flags: readonly string[]) {
    this.#store = store;
    this.#flags = flags;
  }

  get size(): number {
    return this.#servers.length;
  }

  async start(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, (_, place) => this.#startAt(place)));
  }

  /** SIGKILL; another takes its place at once. Resolves when that is ready. */
  replace(place: number): Promise<void> {
    return this.#afterLast(() => this.#replaceAll([place % this.size]));
  }

  /** All of them, before any other is there. */
  replaceAll(): Promise<void> {
    return this.#afterLast(() => this.#replaceAll([...this.#servers.keys()]));
  }

  /** SIGSTOP, and SIGCONT so long after. Calls that reach it meanwhile are answered after that. */
  stall(place: number, lengthMs: number): Promise<void> {
    return this.#afterLast(async () => {
      const server = this.#servers[place % this.size]?.process;
      server?.kill("SIGSTOP");
      await wait(lengthMs);
      server?.kill("SIGCONT");
      this.calmTime = performance.now();
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server?.kill()));
  }

  /** One call to one server; LOST if no answer came. */
  async once(method: string, request: JsonObject, { token, signal }: Asked = {}): Promise<Answer> {
    const address = await this.#address();
    const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
    try {
      const given = { method: "POST", headers, body: JSON.stringify(request), ...(signal && { signal }) };
      const response = await fetch(`http://${address}/drover.v1.${method}`, given);
      return fromHttp(response.status, await response.text());
    } catch {
      return LOST;
    }
  }

  /** Asks until it is answered with more than UNAVAILABLE, for as long as that may take. */
  async say(method: string, request: JsonObject, token?: string): Promise<Answer> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await this.once(method, request, token === undefined ? {} : { token });
      if ((answer.code !== "LOST" && answer.code !== "UNAVAILABLE") || performance.now() > end) return answer;
      await wait(AGAIN_MS);
    }
  }

  /** One blow at a time: a store like SQLite has one server. */
  #afterLast(blow: () => Promise<void>): Promise<void> {
    this.#blow = this.#blow.then(blow);
    return this.#blow;
  }

  async #replaceAll(places: readonly number[]): Promise<void> {
    const dead = places.map((place) => this.#servers[place]);
    for (const place of places) this.#servers[place] = undefined;
    await Promise.all(dead.map((server) => server?.kill()));
    await Promise.all(places.map((place) => this.#startAt(place)));
  }

  async #startAt(place: number): Promise<void> {
    try {
      this.#servers[place] = await startServer({ store: this.#store, flags: this.#flags });
    } catch (error) {
      // Nobody is to wait for it.
      this.#broken = error;
    }
    this.calmTime = performance.now();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #address(): Promise<string> {
    for (;;) {
      if (this.#broken !== undefined) throw this.#broken;
      const alive = this.#servers.filter((server) => server !== undefined);
      if (alive.length > 0) return (alive[this.#turn++ % alive.length] as ServerProcess).http;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}
