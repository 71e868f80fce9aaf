// Seeded bugs of a job and its leases: claim, renew, settle, release, watch.

import { chaos, type SeededBug, test } from "./seeded-bug.js";

const MONGO = "the store contract on MongoDB";
const SQLITE = "the store contract on SQLite in memory";

export const leaseBugs: readonly SeededBug[] = [
  {
    name: "settle-without-token-mongo",
    wrong: "Settles whatever runs under the job's id, whoever holds it.",
    edits: [
      {
        file: "server/store/mongo/settle.ts",
        find: "heldBy(settlements),",
        replace: '{ _id: { $in: ids }, state: "RUNNING" },',
      },
    ],
    caughtBy: test("contract", "mongo", `${MONGO} settle`),
  },
  {
    name: "settle-without-token-sqlite",
    wrong: "Settles whatever is leased, by whichever token.",
    edits: [
      {
        file: "server/store/sqlite/settle.ts",
        find: "if (job?.lease_token !== token) return",
        replace: "if (job === undefined || job.lease_token === null) return",
      },
    ],
    caughtBy: test("contract", "sqlite", `${SQLITE} (settle|claim|addJobs)`),
  },
  {
    name: "shared-commit-not-undone",
    wrong: "Commits what a refused call has written with what others wrote that share its commit.",
    edits: [
      {
        file: "server/store/sqlite/sqlite-store.ts",
        find: "if (shared.hasFailed) throw",
        replace: "if (shared.hasFailed && made.length === 0) throw",
      },
    ],
    caughtBy: test("contract", "sqlite-commits", "fails one of several"),
  },
  {
    name: "settle-by-sets",
    wrong: "Guards a set of renewals or settles by the set of its ids and the set of its tokens, and not pair by pair.",
    edits: [
      {
        file: "server/store/mongo/sets.ts",
        find: '$expr: { $eq: ["$lease.token", itemOf(ids, tokens)] }',
        replace: '"lease.token": { $in: tokens }',
      },
    ],
    caughtBy: test("contract", "mongo", `${MONGO} renew`),
  },
  {
    name: "late-settle-reopens-mongo",
    wrong: "Applies a settle again whose token has settled the job before, though that has ended.",
    edits: [
      {
        file: "server/store/mongo/settle.ts",
        find: "heldBy(settlements),",
        replace: `{
        _id: { $in: ids },
        $expr: { $in: [itemOf(ids, settlements.map(({ token }) => token)), ["$lease.token", "$last"]] },
      },`,
      },
    ],
    caughtBy: test("contract", "mongo", `${MONGO} settle`),
  },
  {
    name: "late-settle-reopens-sqlite",
    wrong: "Applies a settle again whose token has settled the job before, though that has ended.",
    edits: [
      {
        file: "server/store/sqlite/settle.ts",
        find: "if (job?.lease_token !== token) return",
        replace: "if (job === undefined || (job.lease_token !== token && job.last_token !== token)) return",
      },
    ],
    caughtBy: test("contract", "sqlite", `${SQLITE} (settle|claim|addJobs)`),
  },
  {
    name: "settle-revision-not-raised",
    wrong: "Leaves the revision as it was when a job ends or goes back to wait.",
    edits: [
      {
        file: "server/store/mongo/leave.ts",
        find: 'revision: { $add: ["$revision", 1] },',
        replace: 'revision: "$revision",',
      },
    ],
    caughtBy: test("contract", "mongo", `${MONGO} settle`),
  },
  {
    name: "sent-after-the-lease",
    wrong: "Writes a request whose connection was made in time and found its lease over by then.",
    edits: [
      {
        file: "server/engine/run-attempt.ts",
        find: "mayBeSent: () => !this.#releaseIfOver(),",
        replace: "mayBeSent: () => true,",
      },
    ],
    caughtBy: test("unit", "engine/stood-still", "by the time there was a connection"),
  },
  {
    name: "claim-of-a-held-lease",
    wrong: "Claims jobs that run, whether or not their leases have ended.",
    edits: [
      {
        file: "server/store/mongo/claim.ts",
        find: 'const DUE = { availableTime: { $exists: true }, $expr: { $lte: ["$availableTime", "$$NOW"] } };',
        replace: `const DUE = {
  availableTime: { $exists: true },
  $expr: { $or: [{ $eq: ["$state", "RUNNING"] }, { $lte: ["$availableTime", "$$NOW"] }] },
};`,
      },
    ],
    caughtBy: test("contract", "mongo", `${MONGO} claim`),
  },
  {
    name: "fence-not-raised-mongo",
    wrong: "Claims a job under the fence that it had.",
    edits: [
      { file: "server/store/mongo/claim.ts", find: 'fence: { $add: ["$fence", 1] },', replace: 'fence: "$fence",' },
    ],
    caughtBy: test("contract", "mongo", `${MONGO} claim`),
  },
  {
    name: "fence-not-raised-sqlite",
    wrong: "Claims a job under the fence that it had.",
    edits: [
      { file: "server/store/sqlite/claim.ts", find: "fence = fence + 1,", replace: "fence = fence," },
      { file: "server/store/sqlite/claim.ts", find: "fence: job.fence + 1,", replace: "fence: job.fence," },
    ],
    caughtBy: test("contract", "sqlite", `${SQLITE} (settle|claim|addJobs)`),
  },
  {
    name: "lease-by-own-clock-mongo",
    wrong: "Ends leases by the clock of the server that claims, and not by the store's.",
    edits: [
      {
        file: "server/store/mongo/claim.ts",
        find: 'availableTime: { $add: ["$$NOW", leaseMs] },',
        replace: "availableTime: new Date(Date.now() + leaseMs),",
      },
      {
        file: "server/store/mongo/lease.ts",
        find: '{ $add: ["$$NOW", leaseMs] }] };',
        replace: "new Date(Date.now() + leaseMs)] };",
      },
    ],
    caughtBy: test("contract", "mongo-only-steps", "lets leases last"),
  },
  {
    name: "lease-by-own-clock-sqlite",
    wrong: "Claims by the clock of the machine, which may go backwards, and not by the store's.",
    edits: [
      {
        file: "server/store/sqlite/claim.ts",
        find: "due.refresh(earliest);\n    const time = now();",
        replace: "due.refresh(earliest);\n    const time = Date.now();",
      },
    ],
    caughtBy: test("contract", "sqlite", "a SQLite file .*clock"),
  },
  {
    name: "renewal-not-written",
    wrong: "Answers a renewal without moving the end of the lease.",
    edits: [
      {
        file: "server/store/mongo/lease.ts",
        find: "await session.jobs.updateMany(heldBy(holdings), [{ $set: { availableTime } }], BY_ID);",
        replace: "",
      },
    ],
    caughtBy: test("contract", "mongo", `${MONGO} renew`),
  },
  {
    name: "renewals-never-asked-for",
    wrong: "Never renews a lease, however long its page takes.",
    edits: [{ file: "server/engine/lease-keeper.ts", find: "      void this.tick();\n", replace: "" }],
    caughtBy: test("e2e", "long-call", "is made once, for its lease is renewed"),
  },
  {
    name: "lost-lease-ignored",
    wrong: "Goes on calling a page after a renewal said that the lease is lost.",
    edits: [
      {
        file: "server/engine/lease-keeper.ts",
        find: "          this.#lose(held);\n          continue;\n",
        replace: "          continue;\n",
      },
    ],
    caughtBy: test("unit", "engine/lease-keeper", "a held lease"),
  },
  {
    name: "release-counts-an-attempt",
    wrong: "Counts what a stopping server gives back as a used attempt.",
    edits: [
      {
        file: "server/core/retry.ts",
        find: 'counts: "none",\n        attempt: { outcome: "RELEASED"',
        replace: 'counts: "attempt",\n        attempt: { outcome: "RELEASED"',
      },
    ],
    caughtBy: test("e2e", "drain", "gives back what does not finish"),
  },
  {
    name: "cancel-not-looked-at-by-claim",
    wrong: "Runs a job again that is to be cancelled, when its server died.",
    edits: [
      {
        file: "server/store/mongo/claim.ts",
        find: '[{ $ne: [{ $type: "$cancel" }, "missing"] }, "CANCELLED"],',
        replace: "",
      },
    ],
    caughtBy: test("contract", "mongo", `${MONGO} claim`),
  },
  {
    name: "cancel-above-not-looked-at",
    wrong: "Runs members of what was cancelled above them, until a sweep comes to them.",
    edits: [
      {
        file: "server/store/mongo/claim.ts",
        find: "const { held, ended } = await endBelow(session, own, token);",
        replace: "const { held, ended } = { held: own, ended: [] as JobDocument[] };",
      },
    ],
    caughtBy: test("contract", "mongo", `${MONGO} .*(below|member of the batch)`),
  },
  {
    name: "starts-before-its-time",
    wrong: "Claims jobs of a queue that has a due one whether or not they are due themselves.",
    edits: [
      {
        file: "server/store/sqlite/claim.ts",
        find: ".filter((row) => (row.available_time ?? time) <= time);",
        replace: ";",
      },
    ],
    caughtBy: chaos("I16", "--seed 2 --jobs 300 --kills 2 --pauses 0 --restarts 0"),
  },
  {
    name: "clock-ahead-after-a-stop",
    wrong: "Looks at the clock that never jumps first, so that a process that stands still then is ahead of the time.",
    edits: [
      { file: "server/store/sqlite/store-time.ts", find: "    const wall = this.#source.wall();\n", replace: "" },
      { file: "server/store/sqlite/store-time.ts", find: "Math.max(wall, ", replace: "Math.max(this.#source.wall(), " },
    ],
    caughtBy: test("unit", "store/store-time", "stood still"),
  },
  {
    name: "watch-from-events-only",
    wrong: "Reads what is watched only when a wake-up tells of it.",
    edits: [{ file: "server/engine/watch.ts", find: "      this.tick();\n", replace: "" }],
    caughtBy: test("unit", "engine/watch", "a watch"),
  },
];
