// How a caller that cannot know which servers live reaches one of them, over the HTTP door: an answer that does not
// come, and one that says "not now", are asked for again, elsewhere.

import { setTimeout as wait } from "node:timers/promises";
import type { Json } from "./wire.js";

export interface Answer {
  /** OK, or the name of the error in small letters, as Connect has it; `lost` if there was none. */
  readonly code: string;
  readonly message: string;
  // biome-ignore lint/suspicious/noExplicitAny: JSON whose shape its reader knows
  readonly body: any;
}

const LOST: Answer = { code: "lost", message: "no answer", body: {} };
/** Longer than a server that stands still does so. */
const CALL_MS = 8_000;
const AGAIN_MS = 150;

export class Service {
  readonly #addresses: readonly string[];
  #turn = 0;

  constructor(addresses: readonly string[]) {
    this.#addresses = addresses;
  }

  /** One call to one server. */
  async once(method: string, request: Json, token?: string, timeoutMs = CALL_MS): Promise<Answer> {
    const address = this.#addresses[this.#turn++ % this.#addresses.length];
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    try {
      const response = await fetch(`http://${address}/drover.v1.${method}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...authorization },
        body: JSON.stringify(request),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const body = await response.json();
      if (response.ok) return { code: "OK", message: "", body };
      return { code: String(body.code), message: String(body.message), body };
    } catch {
      return LOST;
    }
  }

  /** Until there is an answer that a repeat would not change. */
  async ask(method: string, request: Json, token?: string): Promise<Answer> {
    for (;;) {
      const answer = await this.once(method, request, token);
      if (answer.code !== "lost" && answer.code !== "unavailable") return answer;
      await wait(AGAIN_MS);
    }
  }
}
