// An app's batch that was broken off and is continued with other jobs under its key: refused, and nothing is mixed in.

import { createClient } from "@drover/sdk";
import { expect, it } from "vitest";
import { startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";

const job = (user: number) => ({ url: "http://127.0.0.1:9/compileuserstats", queue: "held", payload: { user } });

it.each(STORES)("a batch on $name that is continued with other jobs stays as it was", async ({ fresh }) => {
  const server = await startServer({ store: await fresh(), flags: ["--no-dispatch"] });
  const client = createClient({ address: server.grpc });
  try {
    const broken = function* () {
      for (let user = 0; user < 2_500; user++) yield job(user);
      throw new Error("the source is gone");
    };
    await expect(client.batch(broken(), { key: "users" })).rejects.toThrow("the source is gone");
    const [before] = (await client.batches.list({ state: "OPEN" }).page()).batches;
    const other = Array.from({ length: 4_000 }, (_, user) => job(user < 1_000 ? user : user + 10_000));
    await expect(client.batch(other, { key: "users" })).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    const after = await client.batches.get(before?.id ?? "");
    expect([after.state, after.counts.total]).toEqual(["OPEN", before?.counts.total]);
    const whole = await client.batch(
      Array.from({ length: 3_000 }, (_, user) => job(user)),
      { key: "users" },
    );
    expect((await client.batches.get(whole.id)).counts.total).toBe(3_000);
  } finally {
    await client.close();
    await server.stop();
  }
});
