// The Drover that an app starts within its own tests: on a store in memory, with the app's pages, nothing left behind.

import { defineJob, endpoint } from "@drover/sdk";
import { startTestDrover } from "@drover/sdk/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";

const double = defineJob({
  kind: "double",
  path: "/jobs/double",
  input: z.object({ number: z.number() }),
  result: z.number(),
});
const master = defineJob({ kind: "master", path: "/jobs/master" });
const SECRET = `whsec_${Buffer.from("a secret that page and server share").toString("base64")}`;

const pages = [
  endpoint(double, ({ number }) => number * 2, { secret: SECRET }),
  endpoint(
    master,
    async (_input, job) => {
      await job.batch("numbers", [double.job({ number: 1 }), double.job({ number: 2 })]);
    },
    { secret: SECRET },
  ),
];

describe("a Drover within a test", () => {
  it("runs the app's pages, signed, and ends when it is closed", async () => {
    const drover = await startTestDrover({ pages, signingSecret: SECRET });
    const job = await drover.client.submit(double.job({ number: 21 }));
    expect(await job.result()).toBe(42);
    await drover.close();
    await drover.close();
    await expect(fetch(`http://${drover.http}/healthz`)).rejects.toThrow();
  });

  it("runs masters too", async () => {
    const drover = await startTestDrover({ pages, signingSecret: SECRET });
    const job = await drover.client.submit(master.job());
    await job.result();
    const [batch] = (await drover.client.batches.list().page()).batches;
    expect(batch).toMatchObject({ state: "SUCCEEDED", counts: { total: 2, succeeded: 2 } });
    await drover.close();
  });

  it("is apart from any other", async () => {
    const [one, other] = await Promise.all([startTestDrover(), startTestDrover()]);
    await one.client.submit({ id: "mine", url: `${one.origin}/none` });
    await expect(other.client.get("mine")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await Promise.all([one.close(), other.close()]);
  });
});
