// Leases that a server holds: renewed in time, lost when the store says so or has been silent for too long.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../server/core/limits.js";
import { type Held, LeaseKeeper } from "../../../server/engine/lease-keeper.js";
import { engineParts, turn } from "../../support/engine.js";
import { claimOne, held, running } from "../../support/jobs.js";

let parts: Awaited<ReturnType<typeof engineParts>>;
let keeper: LeaseKeeper;
let heard: string[];

beforeEach(async () => {
  parts = await engineParts();
  keeper = new LeaseKeeper(parts);
  heard = [];
});

afterEach(async () => {
  keeper.stop();
  await parts.store.close();
});

function hold(holding: { jobId: string; token: string }): Held {
  const one: Held = {
    ...holding,
    leasedUntil: parts.clock.monotonic() + parts.leaseMs,
    onLost: () => heard.push(`lost ${holding.jobId}`),
    onCancel: (reason) => heard.push(`cancel ${holding.jobId} ${reason}`),
  };
  keeper.hold(one);
  return one;
}

describe("a held lease", () => {
  it("is counted as lost once, whoever finds that another has the job", async () => {
    const job = await running(parts.store);
    const one = hold({ jobId: job.id, token: "another" });
    keeper.lose(one);
    keeper.lose(one);
    await keeper.tick();
    expect(heard).toEqual([`lost ${job.id}`]);
    expect(parts.observer.counts.lost).toBe(1);
    // A later lease of the same job is no concern of the earlier one.
    const later = hold(held(job));
    keeper.lose(one);
    parts.clock.advance(parts.leaseMs / 2);
    await keeper.tick();
    expect(later.leasedUntil).toBe(parts.clock.monotonic() + parts.leaseMs);
    expect(parts.observer.counts.lost).toBe(1);
  });

  it("is renewed when a third of it has passed, and not before", async () => {
    const one = hold(held(await running(parts.store)));
    const until = one.leasedUntil;
    parts.clock.advance(parts.leaseMs / 6);
    await keeper.tick();
    expect(one.leasedUntil).toBe(until);
    parts.clock.advance(parts.leaseMs / 3);
    await keeper.tick();
    expect(one.leasedUntil).toBe(parts.clock.monotonic() + parts.leaseMs);
    expect(heard).toEqual([]);
  });

  it("is not renewed any more once it is given up, also where that was asked for before", async () => {
    hold(held(await running(parts.store)));
    const renew = parts.store.renew.bind(parts.store);
    const renewed: number[] = [];
    let answer = () => {};
    parts.store.renew = async (holdings, leaseMs) => {
      renewed.push(holdings.length);
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return renew(holdings, leaseMs);
    };
    // The first is under way until the lease is over; the second waits for it.
    parts.clock.advance(parts.leaseMs / 2);
    const ticks = [keeper.tick()];
    await turn();
    ticks.push(keeper.tick());
    parts.clock.advance(parts.leaseMs / 2);
    ticks.push(keeper.tick());
    answer();
    await Promise.all(ticks);
    expect(renewed).toEqual([1]);
    expect(parts.observer.counts.lost).toBe(1);
  });

  it("is lost when the store has given the job to another claim", async () => {
    const job = await running(parts.store, {}, 0);
    hold(held(job));
    await claimOne(parts.store);
    parts.clock.advance(parts.leaseMs / 2);
    await keeper.tick();
    expect(heard).toEqual([`lost ${job.id}`]);
    expect(parts.observer.counts.lost).toBe(1);
  });

  it("is lost as soon as this server has claimed the job again, having stood still for longer than it", async () => {
    const job = await running(parts.store, {}, 0);
    hold(held(job));
    const again = held(await claimOne(parts.store));
    hold(again);
    expect(heard).toEqual([`lost ${job.id}`]);
    expect(parts.observer.counts.lost).toBe(1);
    parts.clock.advance(parts.leaseMs / 2);
    await keeper.tick();
    expect(heard).toHaveLength(1);
  });

  it("is kept while the store does not answer, until its own end, and then lost", async () => {
    const one = hold(held(await running(parts.store)));
    await parts.store.close();
    parts.clock.advance(parts.leaseMs / 2);
    await keeper.tick();
    expect(heard).toEqual([]);
    parts.clock.advance(parts.leaseMs / 2);
    await keeper.tick();
    expect(heard).toEqual([`lost ${one.jobId}`]);
    expect(parts.log.lines.map(({ level }) => level)).toContain("warn");
  });

  it("tells its holder of a cancel at once", async () => {
    keeper.start();
    const job = await running(parts.store);
    hold(held(job));
    await parts.store.cancel(job.id, "enough", limits.cancelGraceMs);
    parts.feed.publish({ cancelled: [job.id] });
    await turn();
    await keeper.tick();
    expect(heard).toEqual([`cancel ${job.id} enough`]);
  });

  it("that was dropped is neither renewed nor lost", async () => {
    const one = hold(held(await running(parts.store)));
    keeper.drop(one);
    parts.clock.advance(parts.leaseMs * 2);
    await keeper.tick();
    expect(heard).toEqual([]);
  });
});
