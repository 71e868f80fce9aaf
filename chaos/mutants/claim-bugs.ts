// Seeded bugs of a claim on MongoDB, which is three steps: find, write, and read back what was written.

import { type SeededBug, test } from "./seeded-bug.js";

const MONGO = "the store contract on MongoDB";
const OWN = "const own = inOrder.filter(({ lease }) => lease?.token === token);";
const CLAIM_WRITE = "await jobs.updateMany(due as Filter<JobDocument>, claimPipeline(token, request), BY_ID);";

export const claimBugs: readonly SeededBug[] = [
  {
    name: "claim-at-w1",
    wrong: "Writes claims at w:1, so that a new primary may not know of them while their pages are being called.",
    edits: [
      {
        file: "server/store/mongo/claim.ts",
        find: CLAIM_WRITE,
        replace: CLAIM_WRITE.replace("BY_ID", "{ ...BY_ID, writeConcern: { w: 1 } }"),
      },
    ],
    caughtBy: test("contract", "mongo-only-steps", "writes to the disks of a majority"),
  },
  {
    name: "read-back-from-one-node",
    wrong: "Reads what one node has, which a new primary may not know of.",
    edits: [
      {
        file: "server/store/mongo/mongo-store.ts",
        find: 'readConcern: new ReadConcern("majority")',
        replace: 'readConcern: new ReadConcern("local")',
      },
    ],
    caughtBy: test("contract", "mongo-only-steps", "writes to the disks of a majority"),
  },
  {
    name: "claim-without-read-back",
    wrong: "Takes every job that it found as its own, without reading back which its token holds.",
    edits: [
      {
        file: "server/store/mongo/claim.ts",
        find: OWN,
        replace: "const own = inOrder;",
      },
    ],
    caughtBy: test("contract", "mongo", `${MONGO} claim gives each job to one`),
  },
  {
    name: "interrupted-waits-behind",
    wrong: "Lets a job whose holder died wait behind all that was due before its lease ended.",
    edits: [
      {
        file: "server/store/mongo/claim.ts",
        find: "RANKS_FOR_LEASE] }] },",
        replace: "0] }] },",
      },
      {
        file: "server/store/mongo/leave.ts",
        find: "RANKS_FOR_LEASE, 0] }] },",
        replace: "0, 0] }] },",
      },
    ],
    caughtBy: test("contract", "mongo", `${MONGO} claim of a lapsed lease takes first`),
  },
  {
    name: "given-back-waits-behind",
    wrong: "Puts a job that is given back behind all that became due while it was held.",
    edits: [
      {
        file: "server/core/retry.ts",
        find: "delayMs: 0, keepsPlace: true },\n        counts",
        replace: "delayMs: 0 },\n        counts",
      },
    ],
    caughtBy: test("contract", "mongo", `${MONGO} claim of a lapsed lease lets a job that is given back`),
  },
  {
    name: "claims-what-it-put-off",
    wrong: "Takes as its own what it has put off and another has claimed before it could read that back.",
    edits: [
      {
        file: "server/store/mongo/claim.ts",
        find: OWN,
        replace: `const own = inOrder.filter(
        ({ state, lease, lastMark }) => state === "RUNNING" && (lease?.token === token || lastMark === token),
      );`,
      },
    ],
    caughtBy: test("contract", "mongo-only-steps", "does not take as its own"),
  },
  {
    name: "candidate-twice-in-a-set",
    wrong: "Claims and dispatches a job twice that was met twice in the index, since it moved while that was read.",
    edits: [
      {
        file: "server/store/mongo/claim.ts",
        find: "return [...new Map(found.map((job) => [job._id, job])).values()];",
        replace: "return found;",
      },
    ],
    caughtBy: test("contract", "mongo-only-steps", "moves in the index"),
  },
  {
    name: "lost-candidates-are-none",
    wrong: "Takes a claim that lost its candidates to other servers for one that found nothing due.",
    edits: [
      {
        file: "server/engine/dispatcher.ts",
        find: "if (more) this.#drained = false;",
        replace: "if (more && jobs.length + passedOver.length >= count) this.#drained = false;",
      },
    ],
    caughtBy: test("unit", "engine/claims", "claims again at once"),
  },
  {
    name: "command-without-an-end",
    wrong: "Waits for ever for a command whose connection the driver closed while it was being written.",
    edits: [
      {
        file: "server/store/mongo/driver-fault.ts",
        find: "if (!wasClosed && this.socket",
        replace: "if (wasClosed && this.socket",
      },
    ],
    caughtBy: test("contract", "mongo-stalled-line", "on which nothing moves"),
  },
  {
    name: "dispatch-before-acknowledged",
    wrong: "Hands jobs to the dispatcher as claimed while the write of the claim is still on its way.",
    edits: [
      { file: "server/store/mongo/claim.ts", find: CLAIM_WRITE, replace: "" },
      {
        file: "server/store/mongo/claim.ts",
        find: "const order = new Map(touched.map((job) => [job._id, job]));",
        replace: `void ${CLAIM_WRITE.slice("await ".length, -1)}.catch(() => {});
      const lease = { token, holder: request.holder, accepted: false, dueTime: new Date(), startTime: new Date() };
      const order = new Map(
        touched.map((job) => [job._id, { ...job, state: "RUNNING" as const, fence: job.fence + 1, lease } as JobDocument]),
      );`,
      },
    ],
    caughtBy: test("contract", "mongo", `${MONGO} claim gives each job to one`),
  },
];
