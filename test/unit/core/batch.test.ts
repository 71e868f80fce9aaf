// The pure rules by which a batch and a master end.

import { describe, expect, it } from "vitest";
import { failsByPolicy, masterEnd, onCompletePayload, verdictAfter, verdictOf } from "../../../server/core/batch.js";
import { batchInfoOf } from "../rpc/small-engine.js";

const policy = { mode: "CONTINUE", toleratedCount: 0, toleratedRatio: 0 } as const;
const tally = { total: 10, pending: 0, running: 0, waiting: 0, succeeded: 8, failed: 1, cancelled: 1 };

describe("a failure policy", () => {
  it("bears a ratio exactly, whatever fractions a computer can hold", () => {
    for (let total = 1; total <= 100; total++) {
      for (let failed = 0; failed < total; failed++) {
        const tolerant = { ...policy, toleratedRatio: failed / total };
        expect(failsByPolicy(tolerant, failed, total)).toBe(false);
        expect(failsByPolicy(tolerant, failed + 1, total)).toBe(true);
      }
    }
    expect(failsByPolicy({ ...policy, toleratedRatio: 0.29 }, 29, 100)).toBe(false);
  });

  it("takes the larger of count and ratio", () => {
    const both = { ...policy, toleratedCount: 5, toleratedRatio: 0.1 };
    expect([failsByPolicy(both, 5, 10), failsByPolicy(both, 6, 10), failsByPolicy(both, 10, 100)]).toEqual([
      false,
      true,
      false,
    ]);
  });
});

describe("the end of a batch", () => {
  it("counts members that were cancelled one by one as failed", () => {
    expect(verdictOf({ failurePolicy: policy }, tally)).toEqual({ state: "FAILED", reason: "MEMBERS_FAILED" });
    expect(verdictOf({ failurePolicy: { ...policy, toleratedCount: 2 } }, tally).state).toBe("SUCCEEDED");
  });

  it("is FAILED when its on_complete job did not succeed, and keeps a worse verdict", () => {
    const [good, bad] = [
      { state: "SUCCEEDED", reason: "OK" },
      { state: "CANCELLED", reason: "SEAL_TIMEOUT" },
    ] as const;
    expect(verdictAfter(good, "FAILED")).toEqual({ state: "FAILED", reason: "ON_COMPLETE_FAILED" });
    expect(verdictAfter(good, "SUCCEEDED")).toBe(good);
    expect(verdictAfter(bad, "FAILED")).toBe(bad);
  });

  it("hands on the counts and the input as it came", () => {
    const onComplete = { payload: new TextEncoder().encode(' {"a": 1e2} ') } as never;
    const batch = { ...batchInfoOf({ labels: { of: "test" } }), onComplete };
    const sent = new TextDecoder().decode(
      onCompletePayload(batch, { state: "FAILED", reason: "MEMBERS_FAILED" }, tally),
    );
    expect(sent).toContain('"input": {"a": 1e2} }');
    expect(JSON.parse(sent)).toEqual({
      batch: { id: "b1", key: "users", state: "FAILED", counts: tally, labels: { of: "test" } },
      input: { a: 100 },
    });
  });
});

describe("the end of a master", () => {
  it("is its own, unless that was a success and a batch was none", () => {
    const own = { state: "SUCCEEDED", reason: "OK" } as const;
    expect(masterEnd(own, [{ state: "SUCCEEDED" }])).toBe(own);
    expect(masterEnd(own, [{ state: "SUCCEEDED" }, { state: "CANCELLED" }])).toEqual({
      state: "FAILED",
      reason: "CHILDREN_FAILED",
    });
    const failed = { state: "FAILED", reason: "PERMANENT" } as const;
    expect(masterEnd(failed, [{ state: "FAILED" }])).toBe(failed);
  });
});
