// The servers of a run, on ports that they keep however often they die: killed, stopped in the middle, ended in good
// order, and started again.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../test/support/free-port.js";
import { clockOff } from "../test/support/wrong-clock.js";
import type { Arm } from "./failpoints.js";
import { end, startDaemon } from "./processes.js";

export interface ServersOptions {
  readonly count: number;
  readonly leaseMs: number;
  /** Calls at the same time, each. */
  readonly concurrency: number;
  readonly log: string;
  /** How far the clock of each is off, as libfaketime takes it, such as `+1h`; absent: not at all. */
  readonly clocks?: readonly string[];
  /** They can be struck at the sites of their store; see `failpoints.ts`. */
  readonly isStrikable: boolean;
}

interface Place {
  readonly grpc: string;
  readonly http: string;
  readonly store: string;
  readonly clock: string | undefined;
  child: ChildProcess | undefined;
}

export class Servers {
  readonly #options: ServersOptions;
  readonly #places: Place[];
  readonly #log: NodeJS.WritableStream;

  private constructor(options: ServersOptions, places: Place[]) {
    this.#options = options;
    this.#places = places;
    this.#log = createWriteStream(options.log);
  }

  /** @param stores the store as each of them reaches it; none is started yet */
  static async place(options: ServersOptions, stores: readonly string[]): Promise<Servers> {
    const places: Place[] = [];
    for (let index = 0; index < options.count; index++) {
      const [grpc, http] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
      const clock = options.clocks?.[index % options.clocks.length];
      places.push({ grpc, http, store: stores[index % stores.length] ?? "", clock, child: undefined });
    }
    return new Servers(options, places);
  }

  get grpcDoors(): string[] {
    return this.#places.map(({ grpc }) => grpc);
  }

  get httpDoors(): string[] {
    return this.#places.map(({ http }) => http);
  }

  get count(): number {
    return this.#places.length;
  }

  async start(): Promise<void> {
    await Promise.all(this.#places.map((place) => this.#start(place)));
  }

  /** SIGKILL, and another in its place: resolves when that is ready. */
  async kill(index: number): Promise<void> {
    const place = this.#at(index);
    await end(place.child, "SIGKILL");
    await this.#start(place);
  }

  /** All at once. */
  async killAll(): Promise<void> {
    await Promise.all(this.#places.map(({ child }) => end(child, "SIGKILL")));
    await this.start();
  }

  /** SIGTERM, and another in its place. */
  async restart(index: number): Promise<void> {
    const place = this.#at(index);
    await end(place.child, "SIGTERM");
    await this.#start(place);
  }

  /** It stands still so long, and then goes on as if nothing had happened. */
  async pause(index: number, ms: number): Promise<void> {
    const { child } = this.#at(index);
    child?.kill("SIGSTOP");
    await wait(ms);
    child?.kill("SIGCONT");
  }

  /** All of them, by number. */
  get places(): number[] {
    return [...this.#places.keys()];
  }

  /** Resolves when these servers know; one that is gone already does not. */
  async arm(indexes: readonly number[], arm: Arm): Promise<void> {
    const told = indexes.map(async (index) => {
      const { child } = this.#at(index);
      if (child?.connected) await new Promise<void>((resolve) => child.send(arm, () => resolve()));
    });
    await Promise.all(told);
  }

  async untilOneIsGone(): Promise<void> {
    if (!this.#places.every(({ child }) => isAlive(child))) return;
    await Promise.race(this.#places.map(async ({ child }) => child && once(child, "exit")));
  }

  /** Starts those that are gone. */
  async revive(): Promise<void> {
    const gone = this.#places.filter(({ child }) => !isAlive(child));
    await Promise.all(gone.map((place) => this.#start(place)));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#places.map(({ child }) => end(child, "SIGTERM")));
  }

  #at(index: number): Place {
    return this.#places[index % this.#places.length] as Place;
  }

  async #start(place: Place): Promise<void> {
    const { leaseMs, concurrency } = this.#options;
    const doors = ["--grpc", place.grpc, "--http", place.http, "--store", place.store];
    const pace = ["--lease-ttl", `${leaseMs}ms`, "--concurrency", String(concurrency), "--log-level", "warn"];
    const strikable = this.#options.isStrikable ? ["--import", "./chaos/dist/chaos/failpoints.js"] : [];
    const args = [...strikable, "server/bin/drover.js", "serve", ...doors, ...pace];
    const log = (text: string) => void this.#log.write(text);
    const clock = place.clock === undefined ? {} : clockOff(place.clock);
    place.child = (await startDaemon(process.execPath, args, /^drover ready/, log, clock)).child;
  }
}

function isAlive(child: ChildProcess | undefined): boolean {
  return child !== undefined && child.exitCode === null && child.signalCode === null;
}
