// Seeded bugs of batches and masters: append, seal, fan-in, prune.

import { type SeededBug, test } from "./seeded-bug.js";

const MONGO = "the store contract on MongoDB";
const SQLITE = "the store contract on SQLite in memory";
const LOOK = "await inLanes(await toLookAt(session, batchIds), (batch) => stepBatch(batch, work));";

export const batchBugs: readonly SeededBug[] = [
  {
    name: "counter-decides",
    wrong: "Ends a batch by a counter that settles raise, and not by whether a live member is left.",
    edits: [
      {
        file: "server/store/mongo/settle.ts",
        find: "if ((await write(settlements, mark)) === settlements.length) return",
        replace: `const all = (await write(settlements, mark)) === settlements.length;
      for (const { batchId, next } of settlements) {
        if (batchId === undefined || next.state === "PENDING") continue;
        await jobs.db.collection<{ _id: string }>("batches").updateOne({ _id: batchId }, { $inc: { settled: 1 } });
      }
      if (all) return`,
      },
      {
        file: "server/store/mongo/settle.ts",
        find: "  jobs,\n  token: newMark,\n}: Session)",
        replace: "  jobs: collection,\n  database,\n  token: newMark,\n}: Session)",
      },
      {
        file: "server/store/mongo/settle.ts",
        find: "/** `mark` tells later",
        replace: "const jobs = Object.assign(collection, { db: database });\n  /** `mark` tells later",
      },
      {
        file: "server/store/mongo/advance-batch.ts",
        find: "if (await hasLive(session, id)) {",
        replace: "if (((document as { settled?: number }).settled ?? 0) < (batch.total ?? 0)) {",
      },
    ],
    caughtBy: test(
      "contract",
      "mongo",
      `${MONGO} .*(before the seal|while a member lives|whoever looks|on_complete|is left once|leaves the whole tree)`,
    ),
  },
  {
    name: "members-before-batch",
    wrong:
      "Looks for live members first and at no count of them, and then reads the batch, which may have been filled and sealed between.",
    edits: [
      {
        file: "server/store/mongo/advance.ts",
        find: LOOK,
        replace: `const live = new Map<string, boolean>();
      for (const id of batchIds) live.set(id, await hasLive(session, id));
      await inLanes(await toLookAt(session, batchIds), (batch) => stepBatch(batch, work, live.get(batch._id)));`,
      },
      {
        file: "server/store/mongo/advance.ts",
        find: 'import { BY_ID, type Session } from "./session.js";',
        replace: 'import { hasLive } from "./members.js";\nimport { BY_ID, type Session } from "./session.js";',
      },
      {
        file: "server/store/mongo/advance-batch.ts",
        find: "(document: BatchDocument, work: AdvanceWork) => Promise<void> {",
        replace: "(document: BatchDocument, work: AdvanceWork, live?: boolean) => Promise<void> {",
      },
      {
        file: "server/store/mongo/advance-batch.ts",
        find: "return async (document, work) => {",
        replace: "return async (document, work, live) => {",
      },
      {
        file: "server/store/mongo/advance-batch.ts",
        find: "if (await hasLive(session, id)) {",
        replace: "if (live ?? (await hasLive(session, id))) {",
      },
      {
        file: "server/store/mongo/advance-batch.ts",
        find: "if (tally.pending + tally.running + tally.waiting > 0) return void work.unfinished.push(id);",
        replace: "",
      },
    ],
    caughtBy: test("contract", "mongo-only-steps", "looks at a batch before its members"),
  },
  {
    name: "seal-ignored-mongo",
    wrong: "Ends a batch as soon as its members so far have ended, sealed or not.",
    edits: [
      {
        file: "server/store/mongo/advance-batch.ts",
        find: 'if (document.state === "OPEN") return closeIfLate(document, work);',
        replace: 'if (document.state === "OPEN" && (await hasLive(session, id))) return closeIfLate(document, work);',
      },
    ],
    caughtBy: test("contract", "mongo", `${MONGO} .*before the seal`),
  },
  {
    name: "seal-ignored-sqlite",
    wrong: "Ends a batch as soon as its members so far have ended, sealed or not.",
    edits: [
      {
        file: "server/store/sqlite/advance-batch.ts",
        find: 'if (batch.state === "OPEN") {',
        replace: 'if (batch.state === "OPEN" && live.get(batch.id) !== undefined) {',
      },
    ],
    caughtBy: test("contract", "sqlite", `${SQLITE} .*before the seal`),
  },
  {
    name: "seal-without-revision",
    wrong: "Seals a batch with the members that it counted, whatever has been added since.",
    edits: [
      {
        file: "server/store/mongo/seal.ts",
        find: 'state: "OPEN", revision: batch.revision } as const',
        replace: 'state: "OPEN" } as const',
      },
    ],
    caughtBy: test("contract", "mongo-only-steps", "seals what it counted only if"),
  },
  {
    name: "seal-of-what-is-being-added",
    wrong: "Seals a batch while members are being added to it.",
    edits: [
      {
        file: "server/store/mongo/seal.ts",
        find: 'if (batch.total === undefined && batch.pending.some(isUnderWay)) return { kind: "busy" };',
        replace: "",
      },
    ],
    caughtBy: test("contract", "mongo-only-batches", "is not sealed while an append is under way"),
  },
  {
    name: "append-after-seal-mongo",
    wrong: "Takes members after the seal.",
    edits: [
      {
        file: "server/store/mongo/batches.ts",
        find: 'const open = { _id: batchId, state: "OPEN", cancel: { $exists: false } } as const;',
        replace: "const open = { _id: batchId, cancel: { $exists: false } } as const;",
      },
    ],
    caughtBy: test("contract", "mongo", `${MONGO} addJobs`),
  },
  {
    name: "append-after-seal-sqlite",
    wrong: "Takes members after the seal.",
    edits: [
      {
        file: "server/store/sqlite/batches.ts",
        find: 'if (batch.state !== "OPEN" || batch.cancel !== undefined) {\n      // A repeat',
        replace: "if (batch.cancel !== undefined) {\n      // A repeat",
      },
    ],
    caughtBy: test("contract", "sqlite", `${SQLITE} (settle|claim|addJobs)`),
  },
  {
    name: "on-complete-by-a-random-id",
    wrong: "Makes a new on_complete job whenever somebody looks at a batch whose job is not there.",
    edits: [
      {
        file: "server/store/mongo/advance-batch.ts",
        find: "id: onCompleteJobId,",
        replace: `id: onCompleteJobId + session.token(),`,
      },
      {
        file: "server/store/mongo/advance-batch.ts",
        find: "await insert([onCompleteJob(document, tally)]);",
        replace: "await insert([onCompleteJob(document, tally, session)]);",
      },
      {
        file: "server/store/mongo/advance-batch.ts",
        find: "function onCompleteJob(document: BatchDocument, tally: BatchCounts): NewJob {",
        replace: "function onCompleteJob(document: BatchDocument, tally: BatchCounts, session: Session): NewJob {",
      },
    ],
    caughtBy: test("contract", "mongo-only-batches", "is completed by whoever looks"),
  },
  {
    name: "batch-joins-without-lease",
    wrong: "Notes a batch on its master whoever asks for it, holder of the master's lease or not.",
    edits: [
      {
        file: "server/store/mongo/batches.ts",
        find: 'jobs.findOne({ _id: master.jobId, state: "RUNNING", "lease.token": master.token });',
        replace: "jobs.findOne({ _id: master.jobId });",
      },
      {
        file: "server/store/mongo/batches.ts",
        find: '...{ _id: job.id, state: "RUNNING", "lease.token": master.token },',
        replace: "...{ _id: job.id },",
      },
      {
        file: "server/store/mongo/batches.ts",
        find: 'if (after.lease?.token !== master.token) return { kind: "lost" };',
        replace: "",
      },
    ],
    caughtBy: test("contract", "mongo", `${MONGO} createBatch`),
  },
  {
    name: "zombie-of-a-master-appends",
    wrong: "Lets an attempt of a master add members after a newer one has attached to the batch.",
    edits: [
      {
        file: "server/store/mongo/batch-access.ts",
        find: 'state: "RUNNING", "lease.token": by.token } as const',
        replace: 'state: "RUNNING" } as const',
      },
    ],
    caughtBy: test("contract", "mongo-only-batches", "does not let an older attempt"),
  },
  {
    name: "prune-of-a-live-member",
    wrong: "Deletes whatever lies in an expired batch, also what was added for a later use of its key and lives.",
    edits: [
      {
        file: "server/store/mongo/upkeep.ts",
        find: "finishTime: { $exists: true }, $or: [{ createTime: { $lte: finishTime } }, late] };",
        replace: "};",
      },
    ],
    caughtBy: test("contract", "mongo-only-steps", "prunes no member that lives"),
  },
  {
    name: "prune-of-a-live-job",
    wrong: "Gives a job its time of deletion whenever it leaves a lease, also when it goes back to wait.",
    edits: [
      {
        file: "server/store/mongo/leave.ts",
        find: 'const expires = { $and: [ends, isMissing("$batch"), isMissing("$completes")] };',
        replace: 'const expires = { $and: [isMissing("$batch"), isMissing("$completes")] };',
      },
    ],
    caughtBy: test("contract", "mongo", `${MONGO} prune`),
  },
  {
    name: "prune-of-a-member-before-its-batch",
    wrong: "Gives members a time of deletion of their own.",
    edits: [
      {
        file: "server/store/mongo/leave.ts",
        find: 'const expires = { $and: [ends, isMissing("$batch"), isMissing("$completes")] };',
        replace: "const expires = ends;",
      },
    ],
    caughtBy: test("contract", "mongo", `${MONGO} prune`),
  },
];
