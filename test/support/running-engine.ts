// The whole engine in one process, on a real store in memory, calling real pages; each test starts it as it needs it.

import { isTerminal, type Job } from "../../server/core/job.js";
import type { JobInput } from "../../server/core/submission.js";
import { Service } from "../../server/engine/service.js";
import { systemClock } from "../../server/system.js";
import { engineParts } from "./engine.js";
import { type PageServer, startPageServer } from "./page-server.js";

type Parts = Awaited<ReturnType<typeof engineParts>>;

export class RunningEngine {
  #service: Service | undefined;

  private constructor(
    readonly pages: PageServer,
    readonly parts: Parts,
  ) {}

  static async prepare(): Promise<RunningEngine> {
    return new RunningEngine(await startPageServer(), await engineParts());
  }

  /** What is given stands in the place of the part of that name. */
  async start(given: Partial<Parameters<typeof Service.create>[0]> = {}): Promise<void> {
    this.#service = await Service.create({
      ...this.parts,
      clock: systemClock,
      dispatch: true,
      concurrency: 4,
      ...given,
    });
    this.#service.start();
  }

  get service(): Service {
    if (this.#service === undefined) throw new Error("the engine is not started");
    return this.#service;
  }

  async submit(given: Partial<JobInput> = {}): Promise<string> {
    const input = { endpoint: { url: `${this.pages.origin}/job` }, backoff: { initialMs: 0, maxMs: 0 }, ...given };
    const [result] = await this.service.submitter.submit([input], () => "job");
    if (result === undefined || result instanceof Error) throw result ?? new Error("no result");
    return result.job.id;
  }

  /** All that a watch shows, to its end. */
  async states(id: string): Promise<Job[]> {
    const seen: Job[] = [];
    for await (const job of this.service.watcher.watch(id, undefined, new AbortController().signal)) {
      if (job !== undefined) seen.push(job);
    }
    return seen;
  }

  async end(id: string): Promise<Job> {
    const last = (await this.states(id)).at(-1);
    if (last === undefined || !isTerminal(last.state)) throw new Error("the watch ended before the job");
    return last;
  }

  async close(): Promise<void> {
    await this.#service?.stop(0);
    await this.parts.caller.close();
    await this.parts.store.close();
    await this.pages.close();
  }
}
