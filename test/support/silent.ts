// An observer that counts and a log that remembers: what tests of the engine hand to it.

import type { Log, Observer } from "../../server/core/observer.js";

export class CountingObserver implements Observer {
  readonly counts = { submitted: 0, claimed: 0, settled: 0, lost: 0, watches: 0, pruned: 0 };
  readonly outcomes: string[] = [];

  submitted(count: number): void {
    this.counts.submitted += count;
  }
  claimed(count: number): void {
    this.counts.claimed += count;
  }
  settled(count: number): void {
    this.counts.settled += count;
  }
  dispatched(): void {}
  attemptEnded(outcome: string): void {
    this.outcomes.push(outcome);
  }
  leasesLost(count: number): void {
    this.counts.lost += count;
  }
  watchOpened(): void {
    this.counts.watches += 1;
  }
  watchClosed(): void {
    this.counts.watches -= 1;
  }
  pruned(count: number): void {
    this.counts.pruned += count;
  }
}

export class RememberingLog implements Log {
  readonly lines: { readonly level: string; readonly message: string }[] = [];

  debug = (message: string) => void this.lines.push({ level: "debug", message });
  info = (message: string) => void this.lines.push({ level: "info", message });
  warn = (message: string) => void this.lines.push({ level: "warn", message });
  error = (message: string) => void this.lines.push({ level: "error", message });
}
