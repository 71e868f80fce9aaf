// A real HTTP door for tests of pages: Connect over HTTP/1.1, whose answers each test scripts.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { onTestFinished } from "vitest";
import { AttemptService } from "../../../sdk/gen/drover/v1/attempt_service_pb.js";
import { JobService } from "../../../sdk/gen/drover/v1/job_service_pb.js";

/** Its base address. Ends with the test. */
export async function startDoor(script: {
  readonly attempts?: Partial<ServiceImpl<typeof AttemptService>>;
  readonly jobs?: Partial<ServiceImpl<typeof JobService>>;
}): Promise<string> {
  const server = createServer(
    connectNodeAdapter({
      routes(router) {
        router.service(AttemptService, script.attempts ?? {});
        router.service(JobService, script.jobs ?? {});
      },
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
