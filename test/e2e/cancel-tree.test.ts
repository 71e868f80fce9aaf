// The cancel of a large tree in one call: by the log of its pages nothing is called afterwards, all of it ends CANCELLED,
// and parents end last.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Batch, createClient, defineJob, endpoint } from "@drover/sdk";
import { nodeListener } from "@drover/sdk/node";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ended } from "../support/follow.js";
import { Gate, startPages } from "../support/pages.js";
import { startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";

const BRANCHES = 10;
const SLOTS = 16;
const LEAVES = { SQLite: 100_000, MongoDB: 20_000 } as const;

describe.each(STORES)("a tree of very many jobs on $name", ({ name, fresh }) => {
  it("is cancelled by one call: nothing of it is called any more, and parents end last", async () => {
    const pages = await startPages();
    const gate = new Gate();
    const leaf = pages.page(gate.handler);
    const perBranch = LEAVES[name] / BRANCHES;
    const branch = defineJob({
      kind: "branch",
      path: "/branch",
      input: z.object({ number: z.number() }),
      result: z.null(),
    });
    const root = defineJob({ kind: "root", path: "/root", input: z.object({}), result: z.null() });
    const masters = new Map([
      [
        branch.path,
        endpoint(branch, async (_input, job) => {
          const leaves = function* () {
            for (let i = 0; i < perBranch; i++) yield { url: leaf.url, queue: "leaves", payload: { i } };
          };
          await job.batch("leaves", leaves());
          return null;
        }),
      ],
      [
        root.path,
        endpoint(root, async (_input, job) => {
          await job.batch(
            "branches",
            Array.from({ length: BRANCHES }, (_, number) => branch.job({ number })),
          );
          return null;
        }),
      ],
    ]);
    const site = createServer((request, response) =>
      nodeListener(masters.get(request.url ?? "") ?? (async () => new Response(null, { status: 404 })))(
        request,
        response,
      ),
    );
    await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
    const server = await startServer({ store: await fresh(), flags: ["--concurrency", `${SLOTS}`] });
    const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    const client = createClient({ address: server.grpc, pages: origin });
    try {
      // Leaves wait until all of them are there.
      await client.queues.pause("leaves");
      const job = await client.submit(root.job({}));
      const branches = await wholeTree(client, job.id, perBranch);
      await client.queues.resume("leaves");
      await leaf.called(SLOTS);
      await client.cancel(job.id, "enough");
      gate.open();
      const end = await ended(client, job.id);
      expect([end.state, leaf.requests.length]).toEqual(["CANCELLED", SLOTS]);
      const finish = end.finishTime?.getTime() ?? 0;
      for (const id of branches) {
        const { state, counts, finishTime } = await client.batches.get(id);
        expect([state, counts.succeeded + counts.cancelled]).toEqual(["CANCELLED", perBranch]);
        expect(finishTime?.getTime()).toBeLessThanOrEqual(finish);
      }
    } finally {
      await client.close();
      await server.stop();
      site.closeAllConnections();
      site.close();
      await pages.close();
    }
  });
});

/** The batches of leaves, once all of them are sealed. */
async function wholeTree(
  client: ReturnType<typeof createClient>,
  rootId: string,
  perBranch: number,
): Promise<readonly string[]> {
  const batches = new Map<string, Batch>();
  for await (const update of client.watchTree(rootId)) {
    for (const batch of update.batches) batches.set(batch.id, batch);
    const full = [...batches.values()].filter(({ state, counts }) => state === "RUNNING" && counts.total === perBranch);
    if (full.length === BRANCHES) return full.map(({ id }) => id);
  }
  throw new Error("the tree ended before it was whole");
}
