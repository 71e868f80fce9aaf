// The master page of the fan-out benchmark: a process of its own, so that its memory is the client's alone. Makes as many
// children as its argument says, from an async iterable. Prints its port when it listens.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { defineJob, endpoint } from "@drover/sdk";
import { nodeListener } from "@drover/sdk/node";
import { z } from "zod";

const [count = "0", childUrl = ""] = process.argv.slice(2);

const master = defineJob({ kind: "fanout", path: "/master", input: z.object({}), result: z.object({}) });

const page = endpoint(master, async (_input, job) => {
  await job.batch("children", children(Number(count)));
  return {};
});

async function* children(count: number) {
  for (let index = 0; index < count; index++) yield { url: childUrl, queue: "children", payload: { userid: index } };
}

const server = createServer(nodeListener(page));
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`port=${(server.address() as AddressInfo).port}\n`);
});
