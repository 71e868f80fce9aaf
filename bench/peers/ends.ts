// What has been started and must be ended, whatever happens: at the end of a run, when it fails, when it is interrupted.

type End = () => unknown;

export class Ends {
  readonly #ends: End[] = [];
  #ending: Promise<void> | undefined;
  #closed = false;

  /** Ends come in reverse order. Throws once an interruption has ended all. */
  add(end: End): void {
    if (!this.#closed) {
      this.#ends.push(end);
      return;
    }
    void Promise.resolve().then(end);
    throw new Error("the benchmark was interrupted");
  }

  /** Resolves when all has ended, also where somebody else has asked for it. */
  all(): Promise<void> {
    this.#ending ??= this.#all().finally(() => {
      this.#ending = undefined;
    });
    return this.#ending;
  }

  /** Ends all at SIGINT or SIGTERM, and then the process. */
  onInterrupt(): void {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => {
        this.#closed = true;
        void this.all().finally(() => process.exit(signal === "SIGINT" ? 130 : 143));
      });
    }
  }

  async #all(): Promise<void> {
    for (let end = this.#ends.pop(); end !== undefined; end = this.#ends.pop()) {
      try {
        await end();
      } catch (error) {
        process.stderr.write(`bench: ${String(error)}\n`);
      }
    }
  }
}
