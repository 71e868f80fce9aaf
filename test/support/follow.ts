// How tests wait for a job: by watching it, as an app would.

import type { DroverClient, Job } from "@drover/sdk";

/** The first state that is seen to satisfy the condition. */
export async function until(client: DroverClient, id: string, holds: (job: Job) => boolean): Promise<Job> {
  let last: Job | undefined;
  for await (const job of client.watch(id)) {
    if (holds(job)) return job;
    last = job;
  }
  throw new Error(`job ${id} ended ${last?.state} and was never what the test waited for`);
}

/** The state in which it ended. */
export async function ended(client: DroverClient, id: string): Promise<Job> {
  for await (const _ of client.watch(id));
  return client.get(id);
}

/** What its attempts came to, oldest first. */
export function outcomes(job: Job): string[] {
  return job.attempts.map(({ outcome }) => outcome);
}
