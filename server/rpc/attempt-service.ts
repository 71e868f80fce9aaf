// AttemptService, for pages: each call carries the attempt token of the call that the page serves.

import type { ServiceImpl } from "@connectrpc/connect";
import type { Progress } from "@drover/sdk/gen/drover/v1/attempt_pb";
import type { AttemptService } from "@drover/sdk/gen/drover/v1/attempt_service_pb";
import { invalid } from "../core/errors.js";
import type { Engine } from "../engine/api.js";
import { bearerToken } from "./auth.js";
import { durationIn } from "./convert-in.js";
import { jobOut, timeOut } from "./convert-out.js";

export function attemptService(engine: Engine): ServiceImpl<typeof AttemptService> {
  return {
    async reportProgress(request, context) {
      const token = bearerToken(context.requestHeader);
      const { cancelRequested, leaseExpireTime } = await engine.attempts.report(token, progressIn(request.progress));
      return { cancelRequested, leaseExpireTime: timeOut(leaseExpireTime) };
    },

    async completeAttempt(request, context) {
      const token = bearerToken(context.requestHeader);
      return { job: jobOut(await engine.attempts.complete(token, request.result, request.contentType)) };
    },

    async failAttempt(request, context) {
      const token = bearerToken(context.requestHeader);
      const { message, retryable, retryDelay } = request;
      const job = await engine.attempts.fail(token, {
        message,
        retryable,
        ...(retryDelay === undefined ? {} : { retryDelayMs: durationIn(retryDelay) }),
      });
      return { job: jobOut(job) };
    },
  };
}

function progressIn(progress: Progress | undefined): { done?: number; total?: number; message: string } | undefined {
  if (progress === undefined) return undefined;
  if (progress.updateTime !== undefined) {
    throw invalid([{ field: "progress.update_time", description: "is output only" }]);
  }
  const { done, total, message } = progress;
  return { ...(done === undefined ? {} : { done }), ...(total === undefined ? {} : { total }), message };
}
