// Two servers on one store: each shows, cancels and pauses what the other runs.

import { createClient, type DroverClient } from "@drover/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ended, until } from "../support/follow.js";
import { Gate, type Pages, startPages } from "../support/pages.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { SHARED_STORES } from "../support/stores.js";

/** Generous: a server asks again every three seconds, where no signal told it. */
const PAUSE_KNOWN_MS = 20_000;

describe.each(SHARED_STORES)("two servers on $name", ({ fresh }) => {
  let pages: Pages;
  let runner: ServerProcess;
  let front: ServerProcess;
  let atRunner: DroverClient;
  let atFront: DroverClient;

  beforeAll(async () => {
    pages = await startPages();
    const store = await fresh();
    runner = await startServer({ store });
    front = await startServer({ store, flags: ["--no-dispatch"] });
    atRunner = createClient({ address: runner.grpc });
    atFront = createClient({ address: front.grpc });
  });
  afterAll(async () => {
    await Promise.all([atRunner.close(), atFront.close()]);
    await Promise.all([runner.stop(), front.stop()]);
    await pages.close();
  });

  it("a job submitted to one is run by the other, and watched to its end at both", async () => {
    const gate = new Gate();
    const page = pages.page(gate.handler);
    const { id } = await atFront.submit({ url: page.url });
    const { headers } = await page.called();
    expect(headers["job-service"]).toBe(`http://${runner.http}`);
    await until(atFront, id, ({ state }) => state === "RUNNING");
    const both = Promise.all([ended(atFront, id), ended(atRunner, id)]);
    gate.open();
    const [atOne, atOther] = await both;
    expect(atOne).toMatchObject({ state: "SUCCEEDED" });
    expect(atOther).toEqual(atOne);
  });

  it("a cancel at one reaches the page that the other calls", async () => {
    const gate = new Gate();
    const page = pages.page(gate.handler);
    const { id } = await atFront.submit({ url: page.url });
    await page.called();
    await atFront.cancel(id, "no more");
    expect(await until(atRunner, id, ({ cancelRequested }) => cancelRequested)).toMatchObject({ state: "RUNNING" });
    gate.open();
    expect(await ended(atRunner, id)).toMatchObject({ state: "SUCCEEDED" });
  });

  it("a queue paused at one starts no job at the other, within seconds", async () => {
    const { url } = pages.page();
    await atFront.queues.pause("held");
    /** A job that was not started, though one submitted after it to another queue has run. */
    const heldBack = async (): Promise<string | undefined> => {
      const { id } = await atRunner.submit({ url, queue: "held" });
      const proof = await atRunner.submit({ url, queue: "open" });
      await ended(atRunner, proof.id);
      const { state, fence } = await atRunner.get(id);
      return state === "PENDING" && fence === 0 ? id : undefined;
    };
    let id = await heldBack();
    for (const deadline = performance.now() + PAUSE_KNOWN_MS; id === undefined; id = await heldBack()) {
      expect(performance.now()).toBeLessThan(deadline);
    }
    // From then on, none.
    expect(await heldBack()).toBeDefined();
    await atFront.queues.resume("held");
    expect(await ended(atRunner, id)).toMatchObject({ state: "SUCCEEDED" });
  });
});
