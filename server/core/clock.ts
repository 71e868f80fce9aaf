// The port to time and chance of this process. Decides nothing about a job: what is due or expired is the store's.

export interface Clock {
  /** Milliseconds that never jump, from any start. */
  monotonic(): number;
  /** Runs once after so long, unless stopped by what it returns. Does not keep the process alive. */
  after(ms: number, run: () => void): () => void;
}

export interface Chance {
  /** 0 up to 1. */
  random(): number;
  /** A new UUIDv7. */
  id(): string;
  /** 128 random bits in 22 characters. */
  token(): string;
}
