// What the model of a master and its batch knows: its sizes, its mutants, and a state in full.

export interface BatchConfig {
  /** What the page of each attempt adds: chunks of places of members. As many attempts as there are lists. */
  readonly chunks: readonly (readonly (readonly number[])[])[];
  readonly members: number;
  readonly onComplete: boolean;
  /** Servers that carry out a fan-in at once. */
  readonly settlers: number;
  readonly cancel: boolean;
}

/** Each leaves one rule out; beside it what must be found. */
export const BATCH_MUTANTS = {
  "register without the token": "I11",
  "a zombie appends": "I6",
  "seal ignores pending chunks": "I10",
  "seal without comparing the revision": "I10",
  "a pending entry names its chunk, not the content": "I10",
  "late insert is counted": "I14",
  "cancel leaves an open batch open": "I2",
  "nobody opens a registered draft": "I2",
  "no seal timeout": "I2",
  "members are read before the batch": "I12",
  "a counter instead of a look": "I12",
  "the end of a fan-in compares nothing": "I14",
  "on_complete under an id of its own": "I14",
  "the master leaves WAITING while on_complete is live": "I12",
  "a master with a batch ends at once": "I12",
} as const;

export type MemberState = "absent" | "live" | "SUCCEEDED" | "CANCELLED";
export const BATCH_STATES = ["absent", "DRAFT", "OPEN", "RUNNING", "COMPLETING", "ended"] as const;

export interface Submitter {
  /** Of the attempt whose token it carries; 0 is the sweep. */
  fence: number;
  /** Which of its operations is next; -1 when it has none. */
  at: number;
  /** What it counted before the seal; -1 once the revision has moved on. */
  counted: number | null;
}

export interface State {
  master: {
    state: "PENDING" | "RUNNING" | "WAITING" | "SUCCEEDED" | "FAILED" | "CANCELLED";
    fence: number;
    lapsed: boolean;
    cancel: boolean;
    registered: boolean;
    verdict: "" | "SUCCEEDED" | "FAILED" | "CANCELLED";
  };
  /** By fence, from 1: the call of the page is under way. */
  calls: boolean[];
  submitters: Submitter[];
  batch: {
    state: (typeof BATCH_STATES)[number];
    cancel: "" | "EXPLICIT" | "SEAL_TIMEOUT";
    /** The newest that attached. */
    fence: number;
    pending: string[];
    total: number;
    tally: MemberState[];
  };
  members: MemberState[];
  /** Seen from outside: which members were answered OK. */
  answered: boolean[];
  onComplete: MemberState[];
  settlers: Settler[];
  /** Ends that a counter has counted; of the mutant only. */
  counter: number;
}

export interface Settler {
  at: "idle" | "look" | "batch" | "tally" | "write" | "insert" | "end";
  tally: MemberState[];
}

/** With which sizes, and without which rule. */
export interface Rules {
  readonly config: BatchConfig;
  readonly mutant: keyof typeof BATCH_MUTANTS | undefined;
}
