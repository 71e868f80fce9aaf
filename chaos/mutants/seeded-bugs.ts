// All seeded bugs, by what they are bugs of.

import { batchBugs } from "./batch-bugs.js";
import { callBugs } from "./call-bugs.js";
import { claimBugs } from "./claim-bugs.js";
import { leaseBugs } from "./lease-bugs.js";
import type { SeededBug } from "./seeded-bug.js";

export const seededBugs: readonly SeededBug[] = [...leaseBugs, ...claimBugs, ...batchBugs, ...callBugs];
