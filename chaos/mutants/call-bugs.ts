// Seeded bugs of the call of a page: what is sent, how often, to which address, and what its answer means.

import { chaos, type SeededBug, test } from "./seeded-bug.js";

const OUTCOME = "const outcome = await this.#calling.outcome;";

export const callBugs: readonly SeededBug[] = [
  {
    name: "signature-of-another-call",
    wrong: "Believes in a page the signature of one job's call for that of another.",
    edits: [
      {
        file: "sdk/endpoint.ts",
        find: "if (signatures !== undefined && request.headers",
        replace: "if (unset && request.headers",
      },
    ],
    caughtBy: test("unit", "sdk/endpoint-signature", "a page with a secret"),
  },
  {
    name: "header-sent-twice",
    wrong: "Reads a header that a page sent twice as if it were one text.",
    edits: [
      {
        file: "server/endpoint/answer-headers.ts",
        find: 'return typeof value === "object" ? value[0] : value;',
        replace: "return value as string | undefined;",
      },
    ],
    caughtBy: test("unit", "endpoint/undici-caller", "that says twice"),
  },
  {
    name: "redirect-followed",
    wrong: "Follows redirects, past the judgement of the address.",
    edits: [
      {
        file: "server/endpoint/undici-caller.ts",
        find: "call.start(this.#agent,",
        replace: "call.start(this.#agent.compose(interceptors.redirect({ maxRedirections: 3 })),",
      },
      {
        file: "server/endpoint/undici-caller.ts",
        find: "import { Agent, type Dispatcher, Pool }",
        replace: "import { Agent, type Dispatcher, interceptors, Pool }",
      },
    ],
    caughtBy: test("e2e", "page-contract", "SQLite.*is not followed"),
  },
  {
    name: "sent-again-within-a-fence",
    wrong: "Sends a call again under the same fence when its connection broke.",
    edits: [
      {
        file: "server/engine/run-attempt.ts",
        find: OUTCOME,
        replace: `${OUTCOME}
    if (outcome.kind === "failed" && outcome.reason === "NETWORK" && this.#again++ === 0) return this.#call(job);`,
      },
      {
        file: "server/engine/run-attempt.ts",
        find: "  #reporting: Promise<void> | undefined;\n",
        replace: "  #reporting: Promise<void> | undefined;\n  #again = 0;\n",
      },
    ],
    caughtBy: chaos("I7", "--seed 2 --jobs 300 --kills 2 --pauses 0 --restarts 0"),
  },
  {
    name: "sent-again-by-the-client",
    wrong: "Lets the HTTP client repeat a request by itself when its connection broke.",
    edits: [
      {
        file: "server/endpoint/undici-caller.ts",
        find: "call.start(this.#agent,",
        replace: 'call.start(this.#agent.compose(interceptors.retry({ maxRetries: 2, methods: ["GET", "POST"] })),',
      },
      {
        file: "server/endpoint/undici-caller.ts",
        find: "import { Agent, type Dispatcher, Pool }",
        replace: "import { Agent, type Dispatcher, interceptors, Pool }",
      },
    ],
    caughtBy: test("unit", "endpoint/broken-pages", "a page that breaks the connection"),
  },
  {
    name: "busy-counts-as-an-attempt",
    wrong: "Uses an attempt when a page is busy.",
    edits: [{ file: "server/core/retry.ts", find: 'counts: "busy",', replace: 'counts: "attempt",' }],
    caughtBy: test("e2e", "page-contract", "SQLite.*uses no attempt"),
  },
  {
    name: "retry-after-ignored",
    wrong: "Calls a busy page again by its own backoff, whatever the page asked for.",
    edits: [
      {
        file: "server/endpoint/retry-after.ts",
        find: "if (value === undefined) return undefined;",
        replace: 'if (value !== "") return undefined;',
      },
    ],
    caughtBy: chaos("I16", "--seed 2 --jobs 300 --kills 2 --pauses 0 --restarts 0"),
  },
  {
    name: "address-judged-by-name",
    wrong: "Judges the name in the address, and not what it resolves to and is dialled.",
    edits: [
      {
        file: "server/endpoint/dialer.ts",
        find: "refusal: guard.dialRefusal(destination, found.address) }",
        replace: "refusal: undefined as string | undefined }",
      },
      {
        file: "server/endpoint/dialer.ts",
        find: 'socket.destroyed ? undefined : guard.dialRefusal(destination, socket.remoteAddress ?? "")',
        replace: "undefined as string | undefined",
      },
    ],
    caughtBy: test("unit", "endpoint/guarded-dial", "a call to"),
  },
];
