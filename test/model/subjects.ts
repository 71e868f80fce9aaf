// The models, the sizes they are explored at, and how many states each size has at least: a model that stops half way
// would keep every invariant. The small sizes take seconds and are part of the tests; the large ones are for a change
// of the protocol.

import { batchModel } from "./batch.js";
import { BATCH_MUTANTS } from "./batch-state.js";
import { type Exploration, explore, type Model } from "./explore.js";
import { LEASE_MUTANTS, leaseModel } from "./lease.js";
import { POLICY_MUTANTS, policyModel } from "./policies.js";
import { PRUNE_MUTANTS, pruneModel } from "./prune.js";
import { RETRY_MUTANTS, retryModel } from "./retry.js";
import { treeModel } from "./tree.js";
import { TREE_MUTANTS } from "./tree-state.js";
import { WATCH_MUTANTS, watchModel } from "./watch.js";

type Sized<Config> = readonly (readonly [config: Config, states: number])[];

export interface Run {
  readonly config: string;
  /** It is to have more states than this. */
  readonly bound: number;
  explore(): Exploration;
}

export interface Subject {
  readonly name: string;
  readonly small: readonly Run[];
  readonly large: readonly Run[];
  /** What each leaves out, and the invariant that must be found broken. */
  readonly mutants: readonly (readonly [mutant: string, invariant: string])[];
  /** What the first of the small sizes finds that finds anything. */
  mutate(mutant: string): Exploration["violation"];
}

function subject<Config, S, Mutant extends string>(
  name: string,
  model: (config: Config, mutant?: Mutant) => Model<S>,
  mutants: Readonly<Record<Mutant, string>>,
  sizes: { readonly small: Sized<Config>; readonly large: Sized<Config> },
): Subject {
  const runs = (sized: Sized<Config>) =>
    sized.map(([config, bound]) => ({ config: JSON.stringify(config), bound, explore: () => explore(model(config)) }));
  return {
    name,
    small: runs(sizes.small),
    large: runs(sizes.large),
    mutants: Object.entries<string>(mutants),
    mutate(mutant) {
      for (const [config] of sizes.small) {
        const { violation } = explore(model(config, mutant as Mutant));
        if (violation !== undefined) return violation;
      }
      return undefined;
    },
  };
}

const all = { onComplete: true, cancel: true };

export const subjects: readonly Subject[] = [
  subject("a job and its leases", leaseModel, LEASE_MUTANTS, {
    small: [
      [{ maxAttempts: 2, interruptions: 1, releases: 1, claimers: 2 }, 7_000],
      [{ maxAttempts: 2, interruptions: 2, releases: 0, claimers: 1 }, 20_000],
    ],
    large: [[{ maxAttempts: 2, interruptions: 2, releases: 1, claimers: 2 }, 300_000]],
  }),
  subject("a master and its batch", batchModel, BATCH_MUTANTS, {
    small: [
      [{ ...all, chunks: [[[0]]], members: 1, settlers: 2, cancel: false }, 1_000],
      [{ ...all, chunks: [[[0]], [[1]]], members: 2, settlers: 1, onComplete: false, cancel: false }, 10_000],
      [{ ...all, chunks: [[[0]], [[0]]], members: 1, settlers: 1 }, 30_000],
    ],
    large: [
      [{ ...all, chunks: [[[0], [1]]], members: 2, settlers: 2 }, 20_000],
      [{ ...all, chunks: [[[0]], [[0]]], members: 1, settlers: 2 }, 60_000],
      [{ ...all, chunks: [[[0]], [[1]]], members: 2, settlers: 1 }, 90_000],
    ],
  }),
  subject("masters below masters", treeModel, TREE_MUTANTS, {
    small: [
      [{ claims: [1, 1, 1], started: true, cancel: { job: 0 } }, 1_000],
      [{ claims: [1, 1, 1], started: true, cancel: { job: 0 }, abandon: 2 }, 1_000],
      [{ claims: [1, 1, 1], started: true, cancel: { job: 1 } }, 1_000],
      [{ claims: [1, 1, 1], started: false, cancel: { batch: 1 } }, 10_000],
      [{ claims: [1, 2, 1], started: true, cancel: { job: 0 } }, 20_000],
    ],
    large: [
      [{ claims: [1, 1, 1, 1], started: true, cancel: { job: 0 } }, 100_000],
      [{ claims: [1, 2, 2], started: true, cancel: { job: 0 } }, 50_000],
    ],
  }),
  subject("a batch and its failure policy", policyModel, POLICY_MUTANTS, {
    small: [
      [{ mode: "CANCEL_REST", tolerated: 1, members: 3, settlers: 2 }, 1_000],
      [{ mode: "CONTINUE", tolerated: 1, members: 3, settlers: 2 }, 500],
      [{ mode: "CANCEL_REST", tolerated: 0, members: 2, settlers: 2 }, 300],
    ],
    large: [[{ mode: "CANCEL_REST", tolerated: 2, members: 6, settlers: 3 }, 5_000]],
  }),
  subject("a retry", retryModel, RETRY_MUTANTS, {
    small: [
      [{ what: "job", members: [], calls: 3 }, 300],
      [{ what: "batch", members: ["FAILED", "SUCCEEDED", "FAILED"], calls: 3 }, 8_000],
      [{ what: "master", members: ["FAILED", "SUCCEEDED", "FAILED"], calls: 2 }, 4_000],
    ],
    large: [[{ what: "master", members: ["FAILED", "FAILED", "SUCCEEDED", "FAILED"], calls: 4 }, 50_000]],
  }),
  subject("what is pruned", pruneModel, PRUNE_MUTANTS, {
    small: [
      [{ master: false, members: 2, pruners: 2 }, 60],
      [{ master: true, members: 2, pruners: 2 }, 600],
    ],
    large: [[{ master: true, members: 4, pruners: 3 }, 1_000]],
  }),
  subject("a watch", watchModel, WATCH_MUTANTS, {
    small: [[{ last: 4, breaks: 2 }, 700]],
    large: [[{ last: 9, breaks: 4 }, 10_000]],
  }),
];
