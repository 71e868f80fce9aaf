// The page of metrics: what it asks of the store, and what it says when that does not answer.

import { describe, expect, it } from "vitest";
import { createMetrics } from "../../server/observe/metrics.js";

const queue = { name: "default", paused: false, counts: { pending: 3, scheduled: 2, running: 1 } };

describe("/metrics", () => {
  it("counts queues once for many who look at the same time", async () => {
    let asked = 0;
    const metrics = createMetrics(async () => {
      asked += 1;
      return [queue];
    });
    const pages = await Promise.all([metrics.render(), metrics.render(), metrics.render()]);
    for (const { body } of pages) expect(body).toContain('drover_jobs{queue="default",state="pending"} 3');
    expect(asked).toBe(1);
  });

  it("asks again after a failure", async () => {
    let failing = true;
    const metrics = createMetrics(async () => {
      if (failing) throw new Error("no store");
      return [queue];
    });
    await expect(metrics.render()).rejects.toThrow("no store");
    failing = false;
    expect((await metrics.render()).body).toContain('drover_jobs{queue="default",state="running"} 1');
  });
});
