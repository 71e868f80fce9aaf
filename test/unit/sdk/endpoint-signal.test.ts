// A page that works for long: that it lives is shown, and it is told when its work is for nothing.

import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { z } from "zod";
import { ErrorInfoSchema } from "../../../sdk/gen/google/rpc/error_details_pb.js";
import { defineJob, endpoint, never } from "../../../sdk/index.js";
import { droverRequest, framesOf } from "./drover-request.js";
import { startDoor } from "./http-door.js";
import { aborted, gate } from "./scripted-server.js";

const double = defineJob({
  kind: "double",
  path: "/jobs/double",
  input: z.object({ number: z.number() }),
  result: z.object({ number: z.number() }),
});
const payload = { number: 4 };

/** Makes it seem that so much time has passed as timers say. */
function controlTimers(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
}

describe("a page that works for long", () => {
  it("begins its answer after two seconds, and shows that it lives while it shows nothing else", async () => {
    controlTimers();
    const go = gate();
    const page = endpoint(double, async (input) => {
      await go.opened;
      return input;
    });
    const answer = page(droverRequest({ payload, headers: { "job-service": "http://127.0.0.1:9" } }));
    await vi.advanceTimersByTimeAsync(2_000);
    const response = await answer;
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const first = reader.read();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(new TextDecoder().decode((await first).value)).toBe("\n");
    go.open();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('{"result":{"number":4}}\n');
  });
});

describe("a page's signal", () => {
  /** A page that works until it is told to stop, and says why it was. */
  function untilStopped() {
    const started = gate();
    const reasons: unknown[] = [];
    const stopped = gate();
    const page = endpoint(double, async (_input, job) => {
      started.open();
      await aborted(job.signal);
      reasons.push(job.signal.reason);
      stopped.open();
      throw never("stopped");
    });
    return { page, started, stopped, reasons };
  }

  it("fires when Drover closes the call before the answer began", async () => {
    const { page, started, stopped, reasons } = untilStopped();
    const caller = new AbortController();
    void page(droverRequest({ payload, signal: caller.signal }));
    await started.opened;
    caller.abort();
    await stopped.opened;
    expect(reasons).toMatchObject([{ name: "DroverError", code: "CANCELLED" }]);
  });

  it("fires when Drover stops reading the answer", async () => {
    const stopped = gate();
    let reason: unknown;
    const page = endpoint(double, async (input, job) => {
      job.progress({ done: 1 });
      await aborted(job.signal);
      reason = job.signal.reason;
      stopped.open();
      return input;
    });
    const response = await page(droverRequest({ payload }));
    await response.body?.cancel();
    await stopped.opened;
    expect(reason).toMatchObject({ code: "CANCELLED", message: "Drover closed the call" });
  });

  it("fires when the job is to be cancelled, while the answer still counts", async () => {
    controlTimers();
    const calls: string[] = [];
    const door = await startDoor({
      attempts: {
        reportProgress(request, { requestHeader }) {
          calls.push(`${requestHeader.get("authorization")} ${request.progress === undefined}`);
          return { cancelRequested: calls.length === 2 };
        },
      },
    });
    const { page, started, reasons } = untilStopped();
    const answer = page(droverRequest({ payload, headers: { "job-service": door } }));
    await started.opened;
    await vi.advanceTimersByTimeAsync(4_000);
    await vi.waitFor(() => expect(calls).toHaveLength(1), { interval: 5 });
    expect(reasons).toEqual([]);
    await vi.waitUntil(() => vi.advanceTimersByTimeAsync(500).then(() => calls.length === 2), { interval: 5 });
    const frames = await framesOf(await answer);
    expect(frames).toEqual([{ error: { message: "stopped", retryable: false } }]);
    expect(reasons).toMatchObject([{ code: "CANCELLED" }]);
    expect(calls).toEqual(["Bearer token true", "Bearer token true"]);
  });

  it("fires when the lease is lost", async () => {
    controlTimers();
    const door = await startDoor({
      attempts: {
        reportProgress() {
          const detail = { desc: ErrorInfoSchema, value: { reason: "LEASE_LOST" } };
          throw new ConnectError("gone", Code.FailedPrecondition, undefined, [detail]);
        },
      },
    });
    const { page, started, stopped, reasons } = untilStopped();
    void page(droverRequest({ payload, headers: { "job-service": door } }));
    await started.opened;
    await vi.advanceTimersByTimeAsync(4_000);
    await stopped.opened;
    expect(reasons).toMatchObject([{ code: "FAILED_PRECONDITION", reason: "LEASE_LOST" }]);
  });
});
