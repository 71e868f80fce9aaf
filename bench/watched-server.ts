// A server with running jobs that are watched: their page, which reports changes, and processes full of watchers.

import { createClient, type JobInput } from "@drover/sdk";
import { type Running, startDrover, startNode } from "./processes.js";
import { SETTLING_FLAGS } from "./settled-memory.js";

export interface Changes {
  readonly rate: number;
  readonly seconds: number;
  /** How long the message of each is. */
  readonly chars: number;
}

export class WatchedServer {
  readonly server: Running;
  readonly #page: Running;
  readonly #jobs: number;
  readonly #watchers: Running[] = [];

  /** With so many jobs, all of them running. */
  static async start(store: string, jobs: number): Promise<WatchedServer> {
    // A page that accepts a job has a lease to report in, and here reports only now and then.
    const server = await startDrover(store, ["--lease-ttl", "10m"], SETTLING_FLAGS);
    const page = await startNode("bench/dist/bench/watched-page.js", [server.ready[1] ?? ""], /^port=(\d+)/);
    const started = new WatchedServer(server, page, jobs);
    await started.#submit();
    return started;
  }

  private constructor(server: Running, page: Running, jobs: number) {
    this.server = server;
    this.#page = page;
    this.#jobs = jobs;
  }

  /** Resolves when all watchers have been answered. */
  async watch(count: number, manner: "reading" | "silent"): Promise<void> {
    const args = [this.server.ready[1] ?? "", String(count), String(this.#jobs), manner];
    this.#watchers.push(await startNode("bench/dist/bench/watchers.js", args, /^port=(\d+)/));
  }

  /** Makes changes; returns how many there were a second. */
  async change({ rate, seconds, chars }: Changes): Promise<number> {
    const response = await fetch(this.#pageUrl(`report?rate=${rate}&seconds=${seconds}&chars=${chars}`));
    if (!response.ok) throw new Error(`a report failed: ${await response.text()}`);
    return Number(await response.text());
  }

  /** What the watchers have seen since this was last asked, in ms after each change. */
  async delays(): Promise<readonly number[]> {
    const seen = this.#watchers.map(async ({ ready }) => {
      return (await (await fetch(`http://127.0.0.1:${ready[1]}`)).json()) as number[];
    });
    return (await Promise.all(seen)).flat();
  }

  async stop(): Promise<void> {
    for (const process of [...this.#watchers, this.#page, this.server]) await process.stop();
  }

  async #submit(): Promise<void> {
    const client = createClient({ address: this.server.ready[1] ?? "" });
    for await (const result of client.submitMany(this.#inputs())) if ("error" in result) throw result.error;
    await client.close();
    while (Number(await (await fetch(this.#pageUrl("held"))).text()) < this.#jobs) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  *#inputs(): Generator<JobInput> {
    const url = this.#pageUrl("job");
    for (let index = 0; index < this.#jobs; index++) yield { id: `watched-${index}`, url };
  }

  #pageUrl(path: string): string {
    return `http://127.0.0.1:${this.#page.ready[1]}/${path}`;
  }
}
