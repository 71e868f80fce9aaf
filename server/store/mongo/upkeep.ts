// What is done to jobs that have ended, and what is made once for all servers: noting a retry, deletion after the
// retention, the signing key.

import { randomBytes } from "node:crypto";
import { Binary, type Filter } from "mongodb";
import { DroverError, notFound } from "../../core/errors.js";
import type { JobDocument } from "./documents.js";
import { type Session, WRITE_CONCERN } from "./session.js";
import { attempt } from "./unavailable.js";

export function linkRetryVerb({ jobs }: Session): (jobId: string, retriedBy: string) => Promise<string> {
  return (jobId, retriedBy) =>
    attempt(async () => {
      const unlinked = {
        _id: jobId,
        state: { $in: ["SUCCEEDED", "FAILED", "CANCELLED"] },
        retriedBy: { $exists: false },
      } as Filter<JobDocument>;
      const link = { retriedBy: { $literal: retriedBy }, updateTime: "$$NOW", revision: { $add: ["$revision", 1] } };
      await jobs.updateOne(unlinked, [{ $set: link }], { writeConcern: WRITE_CONCERN });
      const job = await jobs.findOne({ _id: jobId }, { projection: { state: 1, retriedBy: 1 } });
      if (job === null) throw notFound("job", jobId);
      if (job.retriedBy !== undefined) return job.retriedBy;
      throw new DroverError("FAILED_PRECONDITION", `job ${jobId} is ${job.state}: it has not ended`);
    });
}

export function pruneVerb({ jobs }: Session): (limit: number) => Promise<number> {
  return (limit) =>
    attempt(async () => {
      const expired = { expireTime: { $exists: true }, $expr: { $lte: ["$expireTime", "$$NOW"] } };
      const found = await jobs.find(expired, { projection: { _id: 1 }, hint: "expire", limit }).toArray();
      if (found.length === 0) return 0;
      const ids = { $in: found.map(({ _id }) => _id) };
      const { deletedCount } = await jobs.deleteMany({ _id: ids, ...expired }, { writeConcern: WRITE_CONCERN });
      return deletedCount;
    });
}

export function signingKeyVerb({ meta }: Session): () => Promise<Uint8Array> {
  return () =>
    attempt(async () => {
      const made = { $setOnInsert: { key: new Binary(randomBytes(32)) } };
      await meta.updateOne({ _id: "signing-key" }, made, { upsert: true, writeConcern: WRITE_CONCERN });
      const found = await meta.findOne({ _id: "signing-key" });
      if (found?.key === undefined) throw new DroverError("INTERNAL", "the signing key is not there after it was made");
      return found.key.value();
    });
}
