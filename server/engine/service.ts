// The whole engine on its ports: what the doors call, and the loops that run beside them.

import type { EndpointCaller, EndpointPolicy } from "../core/caller.js";
import type { Chance, Clock } from "../core/clock.js";
import type { Feed } from "../core/feed.js";
import type { Log, Observer } from "../core/observer.js";
import type { JobStore } from "../core/store.js";
import type { Engine } from "./api.js";
import { PageReports } from "./attempt-control.js";
import { AttemptTokens } from "./attempt-token.js";
import { Batches } from "./batch-control.js";
import { BatchWatcher } from "./batch-watch.js";
import { Counter } from "./counter.js";
import { Dispatcher } from "./dispatcher.js";
import { DueTimes } from "./due-times.js";
import { FanIn } from "./fan-in.js";
import { StoredJobs } from "./job-control.js";
import { LeaseKeeper } from "./lease-keeper.js";
import type { PageRequestOptions } from "./page-request.js";
import { Pruner } from "./pruner.js";
import { StoredQueues } from "./queue-control.js";
import { Retries } from "./retries.js";
import { Settler } from "./settler.js";
import { Submitter } from "./submit.js";
import { Watcher } from "./watch.js";

export interface ServiceOptions {
  /** Open. */
  readonly store: JobStore;
  readonly feed: Feed;
  readonly caller: EndpointCaller;
  readonly policy: EndpointPolicy;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly observer: Observer;
  readonly log: Log;
  readonly holder: string;
  readonly concurrency: number;
  readonly leaseMs: number;
  /** False: serves calls and watches, and runs no job. */
  readonly dispatch: boolean;
  /** `serviceUrl` may be known only when the doors are open: it is read at each call. */
  readonly page: PageRequestOptions;
}

export class Service implements Engine {
  readonly submitter: Submitter;
  readonly jobs: StoredJobs;
  readonly attempts: PageReports;
  readonly queues: StoredQueues;
  readonly watcher: Watcher;
  readonly batches: Batches;
  readonly batchWatcher: BatchWatcher;
  readonly #store: JobStore;
  readonly #feed: Feed;
  readonly #keeper: LeaseKeeper;
  readonly #dispatcher: Dispatcher | undefined;
  readonly #pruner: Pruner;
  readonly #fanIn: FanIn;
  readonly #dueTimes: DueTimes;

  /** Reads the signing key, which all servers of a store share. */
  static async create(options: ServiceOptions): Promise<Service> {
    return new Service(options, new AttemptTokens(await options.store.signingKey()));
  }

  private constructor(options: ServiceOptions, tokens: AttemptTokens) {
    const { store, feed, clock, chance } = options;
    const dueTimes = new DueTimes(clock);
    const fanIn = new FanIn(options);
    const counter = new Counter(options);
    const retries = new Retries({ store, feed, fanIn, counter });
    const settler = new Settler({ ...options, fanIn });
    const keeper = new LeaseKeeper(options);
    this.#store = store;
    this.#feed = feed;
    this.#dueTimes = dueTimes;
    this.#keeper = keeper;
    this.#pruner = new Pruner({ ...options, fanIn });
    this.submitter = new Submitter({ ...options, dueTimes });
    this.jobs = new StoredJobs({ store, feed, fanIn, retries });
    this.queues = new StoredQueues({ store, feed, fanIn });
    this.#fanIn = fanIn;
    this.watcher = new Watcher({ ...options, counter });
    this.batches = new Batches({ ...options, tokens, fanIn, retries, counter });
    this.batchWatcher = new BatchWatcher({ ...options, counter });
    this.attempts = new PageReports({ ...options, settler, tokens, dueTimes, random: chance.random });
    this.#dispatcher = options.dispatch
      ? new Dispatcher({ ...options, settler, keeper, tokens, dueTimes, fanIn })
      : undefined;
  }

  ping(): Promise<void> {
    return this.#store.ping();
  }

  /** Idempotent. */
  start(): void {
    this.#feed.start();
    this.watcher.start();
    this.#keeper.start();
    this.#pruner.start();
    this.#fanIn.start();
    this.#dispatcher?.start();
  }

  /** Drains: see `Dispatcher.stop`. Calls are still answered until the doors close. Idempotent. */
  async stop(graceMs: number): Promise<void> {
    await this.#dispatcher?.stop(graceMs);
    this.#keeper.stop();
    this.#pruner.stop();
    await this.#fanIn.stop();
    this.#dueTimes.stop();
    this.watcher.stop();
    await this.#feed.stop();
  }
}
