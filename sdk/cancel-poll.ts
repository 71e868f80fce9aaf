// How a page that answers in band learns of a cancel while there is still time to end in good order: its connection
// tells it only when the call is closed. Short pages are done before the first question.

import type { AttemptClient } from "./attempt.js";
import { DroverError } from "./errors.js";
import { limits } from "./limits.js";

/**
 * Asks every few seconds until the function that it returns is called, or until `stop` was told why to stop: the job
 * is to be cancelled, or the attempt lost its lease. A Drover that cannot be asked changes nothing: its lease decides.
 */
export function pollForCancel(client: () => AttemptClient, stop: (reason: DroverError) => void): () => void {
  const ended = new AbortController();
  let timer: ReturnType<typeof setTimeout>;
  const ask = async () => {
    const reason = await reasonToStop(client(), ended.signal);
    if (ended.signal.aborted) return;
    if (reason === undefined) timer = setTimeout(ask, limits.cancelPollMs);
    else stop(reason);
  };
  timer = setTimeout(ask, limits.cancelPollMs);
  return () => {
    clearTimeout(timer);
    ended.abort();
  };
}

async function reasonToStop(client: AttemptClient, signal: AbortSignal): Promise<DroverError | undefined> {
  const { jobId } = client.attempt;
  try {
    const { cancelRequested } = await client.report(undefined, { signal, timeoutMs: limits.cancelPollMs });
    return cancelRequested ? new DroverError("CANCELLED", `job ${jobId} is to be cancelled`) : undefined;
  } catch (thrown) {
    const error = DroverError.from(thrown);
    return error.reason === "LEASE_LOST" ? error : undefined;
  }
}
