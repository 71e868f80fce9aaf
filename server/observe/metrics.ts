// What is measured, in Prometheus form. Each name here stands in docs/operations.md, and a test compares the two.
// Counters cost the engine an addition; what has to be asked of the store is asked when somebody looks.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { limits } from "../core/limits.js";
import type { Observer } from "../core/observer.js";
import type { QueueInfo } from "../core/store.js";

const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300];
/** How often the lag of the event loop is sampled. Each sample wakes the process, idle or not. */
const LAG_SAMPLE_MS = 100;
const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500];

export interface Metrics {
  readonly observer: Observer;
  /** The page of metrics; asks the store for its queues, at most once in a few seconds. */
  render(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** @param readQueues the queues to show, counted by the store; fails when it does not answer. */
export function createMetrics(readQueues: () => Promise<readonly QueueInfo[]>): Metrics {
  let read: { readonly queues: Promise<readonly QueueInfo[]>; readonly at: number } | undefined;
  /** Counting walks what waits: many who look share one count. */
  const queues = (): Promise<readonly QueueInfo[]> => {
    const now = performance.now();
    if (read !== undefined && now - read.at <= limits.queueCountsMs) return read.queues;
    const counted = readQueues();
    read = { queues: counted, at: now };
    // A failure is told to those who wait for it, and not kept.
    counted.catch(() => {
      read = undefined;
    });
    return counted;
  };
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LAG_SAMPLE_MS });
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name, help, buckets, registers });

  const submitted = counter("drover_jobs_submitted_total", "Jobs stored");
  const attempts = counter("drover_attempts_total", "Attempts ended, by outcome", ["outcome"]);
  const leasesLost = counter("drover_leases_lost_total", "Leases lost while an attempt held them");
  const pruned = counter("drover_jobs_pruned_total", "Ended jobs deleted after their retention");
  const claimSize = histogram("drover_claim_jobs", "Jobs in one claim", SIZES);
  const claimTime = histogram("drover_claim_seconds", "Time of one claim", SECONDS);
  const settleSize = histogram("drover_settle_jobs", "Attempts ended in one write", SIZES);
  const settleTime = histogram("drover_settle_seconds", "Time of one such write", SECONDS);
  const attemptTime = histogram("drover_attempt_seconds", "Time of one attempt", SECONDS);
  const latency = histogram("drover_dispatch_latency_seconds", "From when a job was due to its claim", SECONDS);
  const watches = new Gauge({ name: "drover_watches", help: "Open watches", registers });
  new Gauge({
    name: "drover_jobs",
    help: "Jobs that have not ended, by queue and state",
    labelNames: ["queue", "state"],
    registers,
    async collect() {
      this.reset();
      for (const { name, counts } of await queues()) {
        for (const state of ["pending", "scheduled", "running"] as const) {
          this.set({ queue: name, state }, counts[state]);
        }
      }
    },
  });

  return {
    observer: {
      submitted: (count) => submitted.inc(count),
      claimed(count, tookMs) {
        claimSize.observe(count);
        claimTime.observe(tookMs / 1_000);
      },
      settled(count, tookMs) {
        settleSize.observe(count);
        settleTime.observe(tookMs / 1_000);
      },
      dispatched: (waitedMs) => latency.observe(waitedMs / 1_000),
      attemptEnded(outcome, tookMs) {
        attempts.inc({ outcome });
        attemptTime.observe(tookMs / 1_000);
      },
      leasesLost: (count) => leasesLost.inc(count),
      watchOpened: () => watches.inc(),
      watchClosed: () => watches.dec(),
      pruned: (count) => pruned.inc(count),
    },
    async render() {
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}
