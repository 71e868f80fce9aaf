// When a call is tried again, after which wait and how often.

import { describe, expect, it } from "vitest";
import { DroverError } from "../../../sdk/errors.js";
import { type RetryOptions, type RetryPolicy, retryDelayMs, retrying } from "../../../sdk/retry.js";

const policy: RetryPolicy = { tries: 5, initialDelayMs: 100, maxDelayMs: 300 };

function options(more: Partial<RetryOptions> = {}): RetryOptions & { readonly waits: number[] } {
  const waits: number[] = [];
  const wait = async (ms: number) => {
    waits.push(ms);
  };
  return { policy, timeoutMs: 60_000, signal: new AbortController().signal, wait, random: () => 1, waits, ...more };
}

/** Fails so often with this error, then succeeds. */
function failing(times: number, error: () => unknown) {
  const timeouts: number[] = [];
  const run = async (timeoutMs: number) => {
    timeouts.push(timeoutMs);
    if (timeouts.length <= times) throw error();
    return "done";
  };
  return { run, timeouts };
}

const unavailable = () => new DroverError("UNAVAILABLE", "no store");

describe("the retries of the SDK", () => {
  it("try again what is unavailable or took too long, and return what succeeds", async () => {
    for (const code of ["UNAVAILABLE", "DEADLINE_EXCEEDED"] as const) {
      const { run, timeouts } = failing(3, () => new DroverError(code, "not now"));
      expect(await retrying(run, options())).toBe("done");
      expect(timeouts).toHaveLength(4);
    }
  });

  it("throw at once what a repeat cannot mend", async () => {
    for (const code of ["INVALID_ARGUMENT", "NOT_FOUND", "INTERNAL", "RESOURCE_EXHAUSTED"] as const) {
      const { run, timeouts } = failing(9, () => new DroverError(code, "no"));
      await expect(retrying(run, options())).rejects.toMatchObject({ code });
      expect(timeouts).toHaveLength(1);
    }
  });

  it("end with the last error when the tries are spent", async () => {
    const { run, timeouts } = failing(9, unavailable);
    await expect(retrying(run, options())).rejects.toMatchObject({ code: "UNAVAILABLE", message: "no store" });
    expect(timeouts).toHaveLength(5);
  });

  it("wait up to a bound that doubles to a maximum, each time a random part of it", async () => {
    const longest = options();
    await retrying(failing(4, unavailable).run, longest);
    expect(longest.waits).toEqual([100, 200, 300, 300]);
    const shortest = options({ random: () => 0 });
    await retrying(failing(4, unavailable).run, shortest);
    expect(shortest.waits).toEqual([0, 0, 0, 0]);
  });

  it("wait at least as long as the server asks", () => {
    const error = new DroverError("UNAVAILABLE", "no store", { retryDelayMs: 1_000 });
    expect(retryDelayMs(1, error, policy, () => 0)).toBe(1_000);
    expect(retryDelayMs(1, error, policy, () => 1)).toBe(1_100);
  });

  it("do not begin a wait that the time limit does not leave room for", async () => {
    const asked = options({ timeoutMs: 5_000 });
    const { run, timeouts } = failing(9, () => new DroverError("UNAVAILABLE", "later", { retryDelayMs: 6_000 }));
    await expect(retrying(run, asked)).rejects.toMatchObject({ message: "later" });
    expect(timeouts).toHaveLength(1);
    expect(asked.waits).toEqual([]);
  });

  it("give one try no more time than the call has left", async () => {
    const { run, timeouts } = failing(0, unavailable);
    await retrying(run, options({ timeoutMs: 1_500 }));
    expect(timeouts).toEqual([1_500]);
  });

  it("stop with CANCELLED when the signal fires during a wait", async () => {
    const controller = new AbortController();
    const wait = async () => controller.abort(new Error("the user left"));
    const { run, timeouts } = failing(9, unavailable);
    const call = retrying(run, options({ signal: controller.signal, wait }));
    await expect(call).rejects.toMatchObject({ code: "CANCELLED", cause: { message: "the user left" } });
    expect(timeouts).toHaveLength(1);
  });
});
