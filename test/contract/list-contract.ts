// Contract of list: order, pages that stay put while jobs are added, and every combination of filters.

import { describe, expect, it } from "vitest";
import type { Job } from "../../server/core/job.js";
import { limits } from "../../server/core/limits.js";
import { type JobFilter, type JobStore, LISTABLE, type ListRequest, type ListResult } from "../../server/core/store.js";
import { claim, newJob, newJobs, OUTCOMES, settle, stored, uniqueName } from "../support/jobs.js";

const ids = (jobs: readonly Job[]): string[] => jobs.map((job) => job.id);

function inOrder(jobs: readonly Job[]): Job[] {
  return [...jobs].sort((a, b) => a.createTime - b.createTime || (a.id < b.id ? -1 : 1));
}

export function listContract(store: () => JobStore): void {
  const page = (given: Partial<ListRequest> = {}): Promise<ListResult> =>
    store().list({ filter: {}, limit: 100, oldestFirst: true, view: "BASIC", ...given });
  const list = async (given: Partial<ListRequest> = {}): Promise<readonly Job[]> => (await page(given)).jobs;

  /** Every page of a list, one after another. */
  const pages = async (
    given: Partial<ListRequest>,
    limit: number,
    between?: () => Promise<unknown>,
  ): Promise<Job[]> => {
    const found: Job[] = [];
    for (;;) {
      const last = found.at(-1);
      const after = last === undefined ? {} : { after: { createTime: last.createTime, id: last.id } };
      const { jobs, more } = await page({ ...given, limit, ...after });
      expect(jobs.length).toBeLessThanOrEqual(limit);
      found.push(...jobs);
      if (!more) return found;
      await between?.();
    }
  };

  /** Jobs of several queues, kinds, labels and states, in no order. */
  const mixed = async (): Promise<readonly Job[]> => {
    for (let i = 0; i < 24; i++) {
      await store().insert([
        newJob({
          id: uniqueName(i % 2 === 0 ? "z" : "a"),
          queue: i % 3 === 0 ? "left" : "right",
          kind: i % 4 < 2 ? "mail" : "bill",
          ...(i % 3 === 1 ? { batchId: i % 2 === 0 ? "b1" : "b2", parentJobId: i < 12 ? "m1" : "m2", depth: 1 } : {}),
          labels: i % 5 < 2 ? { tenant: "one", zone: "eu" } : i % 5 === 2 ? { tenant: "two" } : {},
        }),
      ]);
    }
    const { jobs } = await claim(store(), { count: 15 });
    for (const [i, job] of jobs.entries()) {
      if (i % 4 === 0) await settle(store(), job);
      if (i % 4 === 1) await settle(store(), job, OUTCOMES.rejected);
      if (i % 4 === 2) await settle(store(), job, OUTCOMES.cancelled);
    }
    return list();
  };

  const VALUES: Readonly<Record<keyof JobFilter, readonly string[]>> = {
    state: ["PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"],
    queue: ["left", "right", "absent"],
    kind: ["mail", "bill", "absent"],
    batch: ["b1", "b2", "absent"],
    parent: ["m1", "m2", "absent"],
    label: ["tenant=one", "tenant=two", "zone=eu", "tenant=", "absent=1"],
  };

  const filters = (keys: readonly (keyof JobFilter)[]): JobFilter[] =>
    keys.reduce<JobFilter[]>(
      (made, key) => made.flatMap((filter) => VALUES[key].map((value) => ({ ...filter, [key]: value }))),
      [{}],
    );

  const matches = (job: Job, filter: JobFilter): boolean =>
    (filter.queue === undefined || job.queue === filter.queue) &&
    (filter.state === undefined || job.state === filter.state) &&
    (filter.kind === undefined || job.kind === filter.kind) &&
    (filter.batch === undefined || job.batchId === filter.batch) &&
    (filter.parent === undefined || job.parentJobId === filter.parent) &&
    (filter.label === undefined || Object.entries(job.labels).some(([k, v]) => `${k}=${v}` === filter.label));

  describe("list", () => {
    it("is empty in an empty store", async () => {
      expect(await list()).toEqual([]);
    });

    it("goes by creation, then id, in both directions", async () => {
      await store().insert([...newJobs(10)].reverse());
      await store().insert(newJobs(10));
      const all = await list();
      expect(all).toHaveLength(20);
      expect(ids(all)).toEqual(ids(inOrder(all)));
      expect(ids(await list({ oldestFirst: false }))).toEqual(ids(all).reverse());
    });

    it("does not change place when a job changes state", async () => {
      await store().insert(newJobs(5));
      const before = ids(await list());
      for (const job of (await claim(store(), { count: 3 })).jobs) await settle(store(), job);
      expect(ids(await list())).toEqual(before);
    });

    it("shows each job once over pages of any size, in both directions", async () => {
      await store().insert(newJobs(23));
      const all = ids(await list());
      for (const limit of [1, 5, 23, 24]) {
        expect(ids(await pages({}, limit))).toEqual(all);
        expect(ids(await pages({ oldestFirst: false }, limit))).toEqual([...all].reverse());
      }
    });

    it("shows each job once while others are added between pages", async () => {
      await store().insert(newJobs(20));
      const all = ids(await list());
      const add = () => stored(store());
      expect(ids(await pages({ oldestFirst: false }, 6, add))).toEqual([...all].reverse());
      const forward = ids(await pages({}, 6, add));
      expect(forward.filter((id) => all.includes(id))).toEqual(all);
      expect(new Set(forward).size).toBe(forward.length);
    });

    for (const keys of LISTABLE) {
      const name = keys.length === 0 ? "nothing" : keys.join(" and ");
      it(`filters by ${name}, in both directions and over pages`, async () => {
        const all = await mixed();
        expect(all).toHaveLength(24);
        for (const filter of filters(keys)) {
          const expected = ids(all.filter((job) => matches(job, filter)));
          expect(ids(await list({ filter }))).toEqual(expected);
          expect(ids(await pages({ filter }, 3))).toEqual(expected);
          expect(ids(await pages({ filter, oldestFirst: false }, 3))).toEqual([...expected].reverse());
        }
      });
    }

    it("ends a page of a FULL view with what one message holds, and shows each job once over pages", async () => {
      const payload = new Uint8Array(limits.payloadBytes);
      const large = newJobs(20, { payload });
      await store().insert([...newJobs(3), ...large]);
      const { jobs, more } = await page({ view: "FULL" });
      const bytes = jobs.reduce((sum, job) => sum + job.payload.length, 0);
      expect(bytes).toBeLessThanOrEqual(limits.listedBytes);
      expect(bytes).toBeGreaterThan(limits.listedBytes / 2);
      expect(more).toBe(true);
      expect(ids(await pages({ view: "FULL" }, 100))).toEqual(ids(await list()));
      // In a BASIC view they are as small as others.
      expect(await page()).toMatchObject({ jobs: { length: 23 }, more: false });
    });

    it("shows payload and result only in a FULL view", async () => {
      await stored(store(), { payload: Uint8Array.from([7]) });
      for (const job of (await claim(store())).jobs) await settle(store(), job);
      const [basic] = await list();
      const [full] = await list({ view: "FULL" });
      expect([basic?.payload.length, basic?.result?.length ?? 0]).toEqual([0, 0]);
      expect([full?.payload.length, (full?.result?.length ?? 0) > 0]).toEqual([1, true]);
    });
  });
}
