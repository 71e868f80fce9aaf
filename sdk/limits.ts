// Every bound of the SDK, by name, with its reason. Sizes are in bytes; lengths of time end in their unit. The bounds
// of a job itself are the server's: it judges them and names the field.

const SECOND = 1_000;
const MIB = 1024 * 1024;

export const limits = {
  /** What the server takes in one call. */
  jobsPerCall: 1_000,
  /** Under the server's 4 MiB for one message, also in JSON, which has a third more bytes of payload. */
  bytesPerCall: 2.5 * MIB,
  /** While one call waits for the store, the next is on its way and one more is being built. */
  callsInFlight: 3,
  maxCallsInFlight: 64,
  /** One call with all of its tries: longer than a server takes to restart. */
  defaultTimeoutMs: 60 * SECOND,
  /** One try: a connection that died without a word costs this, not the whole call. */
  tryTimeoutMs: 20 * SECOND,
  /** With full jitter between them these take 16 s on average. */
  tries: 12,
  retryInitialMs: 100,
  retryMaxMs: 5 * SECOND,
  /** Three keep-alives of the server, which sends one every 15 s. */
  watchIdleMs: 45 * SECOND,
  /** Half of what a server allows on a connection: the other half is for the calls that are no watches. */
  watchesPerConnection: 500,
  /** A connection with calls on it is tested when nothing was read for so long: two keep-alives did not come. */
  pingIntervalMs: 30 * SECOND,
  pingTimeoutMs: 10 * SECOND,
  /** The largest answer that is read: a page of a list shown in full is the largest that a server sends. */
  answerBytes: 64 * MIB,
  /** Chunks of a batch under way at the same time: the store works on one while others are on their way. */
  chunksInFlight: 4,
  /** What the server allows a payload: a request that brings more to a page is not from Drover. */
  payloadBytes: 256 * 1024,
  /** What the server keeps of a message. */
  messageChars: 1_024,
  /** How old or new a signature may be: what Standard Webhooks recommends. */
  signatureAgeMs: 300 * SECOND,
  /** How long a page may end with a status of its own before its answer becomes a stream. */
  answerHeadMs: 2 * SECOND,
  /** A stream on which nothing happens carries an empty line so often: proxies close silent ones after 30 s or more. */
  answerKeepAliveMs: 15 * SECOND,
  /** How often a page that runs on asks whether it is to stop: well within the 10 s that a cancel leaves it. */
  cancelPollMs: 4 * SECOND,
} as const;
