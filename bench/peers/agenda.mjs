// Agenda on MongoDB. It has no bulk call: jobs are added one by one, many at the same time.

import { MongoBackend } from "@agendajs/mongo-backend";
import { Agenda } from "agenda";
import { MongoClient } from "mongodb";
import { inChunks } from "./chunks.mjs";

const KIND = "page";
const COLLECTION = "agendaJobs";
/** Default: 5 s, for which it would mostly wait. */
const LOOK_MS = 100;

export async function startWorker({ address, concurrency, callPage }) {
  const agenda = new Agenda({
    backend: new MongoBackend({ address, collection: COLLECTION }),
    processEvery: LOOK_MS,
    maxConcurrency: concurrency,
    defaultConcurrency: concurrency,
  });
  agenda.on("error", console.error);
  agenda.on("fail", console.error);
  agenda.define(KIND, async (job) => {
    await callPage(job.attrs.data);
  });
  await agenda.start();
}

export async function startSubmitter({ address }) {
  const client = await MongoClient.connect(address);
  const jobs = client.db().collection(COLLECTION);
  const agenda = new Agenda({ backend: new MongoBackend({ address, collection: COLLECTION }) });
  await agenda.ready;
  return {
    submit: (count) => inChunks(count, (payloads) => Promise.all(payloads.map((payload) => agenda.now(KIND, payload)))),
    unfinished: () => jobs.countDocuments({ $or: [{ lastFinishedAt: null }, { failedAt: { $ne: null } }] }),
  };
}
