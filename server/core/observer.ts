// The port to what is measured and logged. The engine says what happened; observe/ decides what becomes of it.
// No credential, token or payload is ever handed to it.

import type { Outcome } from "./attempt.js";

export interface Observer {
  submitted(count: number): void;
  claimed(count: number, tookMs: number): void;
  settled(count: number, tookMs: number): void;
  /** `waitedMs`: from available_time, by the store's clock, to the claim. */
  dispatched(waitedMs: number): void;
  attemptEnded(outcome: Outcome["kind"], tookMs: number): void;
  leasesLost(count: number): void;
  watchOpened(): void;
  watchClosed(): void;
  pruned(count: number): void;
}

export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
