// QueueService, for operators.

import type { ServiceImpl } from "@connectrpc/connect";
import type { QueueService } from "@drover/sdk/gen/drover/v1/queue_service_pb";
import type { Engine } from "../engine/api.js";
import { checkedPageSize } from "./convert-in.js";
import { queueOut } from "./convert-out.js";

export function queueService(engine: Engine): ServiceImpl<typeof QueueService> {
  return {
    async listQueues(request) {
      const { queues, nextPageToken } = await engine.queues.list(checkedPageSize(request.pageSize), request.pageToken);
      return { queues: queues.map(queueOut), nextPageToken };
    },

    async getQueue(request) {
      return { queue: queueOut(await engine.queues.get(request.queue)) };
    },

    async pauseQueue(request) {
      return { queue: queueOut(await engine.queues.pause(request.queue)) };
    },

    async resumeQueue(request) {
      return { queue: queueOut(await engine.queues.resume(request.queue)) };
    },

    async purgeQueue(request) {
      return { cancelledCount: BigInt(await engine.queues.purge(request.queue)) };
    },
  };
}
