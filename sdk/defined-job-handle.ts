// One job of a definition, by its id: as a JobHandle, with a result of the definition's type.

import type { CallOptions } from "./channel.js";
import type { Job } from "./job.js";
import type { JobHandle } from "./job-handle.js";
import { checked, type Schema, type Seen } from "./schema.js";
import type { WatchOptions } from "./watch.js";

export class DefinedJobHandle<Out extends Schema> {
  readonly id: string;
  /** The submit or retry that gave this handle found the same job there already. False for a handle made by id. */
  readonly existing: boolean;
  readonly #handle: JobHandle;
  readonly #schema: Out;

  constructor(handle: JobHandle, schema: Out) {
    this.#handle = handle;
    this.#schema = schema;
    this.id = handle.id;
    this.existing = handle.existing;
  }

  /** See `DroverClient.get`. */
  get(options?: CallOptions): Promise<Job> {
    return this.#handle.get(options);
  }

  /** See `DroverClient.watch`. */
  watch(options?: WatchOptions): AsyncGenerator<Job> {
    return this.#handle.watch(options);
  }

  /** See `DroverClient.cancel`. */
  cancel(reason?: string, options?: CallOptions): Promise<Job> {
    return this.#handle.cancel(reason, options);
  }

  /** See `DroverClient.retry`. */
  async retry(options?: CallOptions): Promise<DefinedJobHandle<Out>> {
    return new DefinedJobHandle(await this.#handle.retry(options), this.#schema);
  }

  /**
   * Waits until the job has ended, however long that takes, and returns what its page returned, checked by the
   * definition. Throws as `JobHandle.result` does, and INVALID_ARGUMENT for a result that the definition refuses, such
   * as one of another version of the page.
   */
  async result(options?: { readonly signal?: AbortSignal | undefined }): Promise<Seen<Out>> {
    const result = await this.#handle.result(options);
    try {
      return await checked(this.#schema, result, "result");
    } catch (error) {
      // A page that returns nothing after it showed progress ends its stream with null: JSON has no other word for it.
      if (result !== null) throw error;
      return checked(this.#schema, undefined, "result");
    }
  }
}
