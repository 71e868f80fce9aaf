// Makes the calls that come to the thread of a SQLite file, one after the other, in the order in which they came. What
// servers write all the time shares a commit with what came while it was written.

import { fromSqlite } from "./driver.js";
import type { SqliteStore } from "./sqlite-store.js";
import { type Answer, type Answers, type Call, errorParts, type Verb } from "./thread-messages.js";

export interface CallMakerOptions {
  readonly store: SqliteStore;
  /** Calls that have come meanwhile, if there are any. */
  readonly received: () => readonly Call[] | undefined;
  readonly answer: (answers: Answers) => void;
}

const SHARING: ReadonlySet<Verb> = new Set<Verb>(["insert", "addJobs", "claim", "settle", "report"]);

export class CallMaker {
  readonly #options: CallMakerOptions;
  readonly #waiting: Call[] = [];
  /** So many of them are made: to shift each costs, where there are thousands. */
  #made = 0;
  #isMaking = false;

  constructor(options: CallMakerOptions) {
    this.#options = options;
  }

  /** Each is answered before the next is made: who waits for a write does not wait for a count of a million jobs behind it. */
  async make(calls: readonly Call[]): Promise<void> {
    this.#add(calls);
    if (this.#isMaking) return;
    this.#isMaking = true;
    for (let call = this.#next(); call !== undefined; call = this.#next()) {
      if (SHARING.has(call.verb)) await this.#makeTogether(call);
      else await this.#answer([call], Promise.allSettled([this.#call(call)]));
    }
    this.#isMaking = false;
  }

  /** With those that wait behind it, or come while it is made, and share its commit. */
  #makeTogether(first: Call): Promise<void> {
    const calls: Call[] = [];
    const sharing = function* (this: CallMaker) {
      for (let call: Call | undefined = first; call !== undefined; ) {
        const made = call;
        calls.push(made);
        yield () => this.#call(made);
        call = this.#nextBeside(calls);
      }
    }.bind(this);
    return this.#answer(calls, this.#options.store.together(sharing()));
  }

  #call({ verb, args }: Call): Promise<unknown> {
    const { store } = this.#options;
    return (store[verb] as (...args: readonly unknown[]) => Promise<unknown>).apply(store, [...args]);
  }

  async #answer(calls: readonly Call[], made: Promise<PromiseSettledResult<unknown>[]>): Promise<void> {
    const results = await made;
    const answers = results.map((result, index): Answer => {
      const { number } = calls[index] as Call;
      return result.status === "fulfilled"
        ? { number, value: result.value }
        : { number, error: errorParts(fromSqlite(result.reason)) };
    });
    this.#options.answer({ now: this.#options.store.now(), answers });
  }

  #add(calls: readonly Call[]): void {
    for (const call of calls) this.#waiting.push(call);
  }

  #next(): Call | undefined {
    const call = this.#waiting[this.#made];
    this.#made += 1;
    if (this.#made >= this.#waiting.length) {
      this.#waiting.length = 0;
      this.#made = 0;
    }
    return call;
  }

  /** One of each verb: two inserts overlap so that the callers of one are answered while the other is committed. */
  #nextBeside(calls: readonly Call[]): Call | undefined {
    if (this.#waiting.length === 0) this.#add(this.#options.received() ?? []);
    const call = this.#waiting[this.#made];
    if (call === undefined || !SHARING.has(call.verb)) return undefined;
    return calls.some(({ verb }) => verb === call.verb) ? undefined : this.#next();
  }
}
