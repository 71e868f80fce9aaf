// Every bound of what comes from outside, and every pace that others feel, by name, with its reason. Sizes are in bytes
// unless the name says otherwise; lengths of time end in their unit.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const limits = {
  /** gRPC's customary message size; a page of 1,000 small jobs fits four times. */
  messageBytes: 4 * 1024 * 1024,
  /** A job is a pointer to work, not the work: a thousand payloads of this size still pass through memory. */
  payloadBytes: 256 * 1024,
  /** Kept with the job, so bounded like the payload. */
  resultBytes: 256 * 1024,
  /** What proxies and servers commonly accept. */
  urlChars: 2_048,
  headerCount: 64,
  /** Node's own HTTP parser refuses more than this in all. */
  headerBytes: 16 * 1024,
  labelCount: 32,
  labelKeyChars: 64,
  labelValueChars: 256,
  /** Ids and queue names are index keys. */
  idChars: 128,
  kindChars: 128,
  contentTypeChars: 256,
  /** Shown on one line, stored with every report. */
  messageChars: 1_024,
  priorityMin: -1_000,
  priorityMax: 1_000,
  maxAttempts: 1_000,
  defaultMaxAttempts: 10,
  backoffInitialMaxMs: DAY,
  backoffMaxMs: 7 * DAY,
  backoffMultiplierMax: 100,
  defaultBackoffInitialMs: SECOND,
  defaultBackoffMaxMs: 10 * MINUTE,
  defaultBackoffMultiplier: 2,
  attemptTimeoutMaxMs: 7 * DAY,
  defaultAttemptTimeoutMs: 15 * MINUTE,
  /** Ten years: later is a mistake in a unit, not a plan. */
  delayMaxMs: 3_650 * DAY,
  retentionMaxMs: 3_650 * DAY,
  defaultRetentionMs: 7 * DAY,
  /** A failure is looked at later than a success. */
  defaultFailedRetentionMs: 30 * DAY,
  /** Masters below masters. */
  depth: 16,
  /** What a master shows, and what is looked at when it may end. */
  batchesPerJob: 64,
  defaultSealTimeoutMs: 30 * MINUTE,
  sealTimeoutMinMs: SECOND,
  sealTimeoutMaxMs: 7 * DAY,
  /** Appends to one batch at the same time, on a store that writes them in steps. */
  pendingChunks: 64,
  /** An append that was begun and not ended for so long is taken for that of a server that died. */
  abandonedAppendMs: 20 * SECOND,
  /** How long after a member's end its batch is looked at: ends that come together are looked at once. */
  fanInMs: 25,
  /** The same for a batch that was looked at and had live members: doubled each time up to this. */
  fanInMaxMs: 400,
  /** How soon a batch is looked at that no end of a member told of. */
  batchCheckMs: 5 * SECOND,
  /** The same for one that has not changed for long. */
  batchCheckMaxMs: 15 * SECOND,
  /** Counts of a watched batch are taken at most so often, and never for more than a tenth of the time. */
  countsMs: SECOND,
  /** Jobs in one call: one round trip to the store, well under a message of the largest size. */
  jobsPerCall: 1_000,
  pageSize: 1_000,
  defaultPageSize: 100,
  /** Payloads and results on one page of a list: in JSON they are a third more, and there is text around them. */
  listedBytes: 2 * 1024 * 1024,
  /** Past attempts that a job shows. */
  attemptsShown: 20,
  /** A job whose servers die this often is what kills them. */
  interruptions: 20,
  /** 429 and 503 use no attempt, so they need an end of their own. */
  busyAnswers: 1_000,
  /** Longest wait that a page may ask for by Retry-After or retry_delay. */
  retryAfterMaxMs: 7 * DAY,
  /** How long a page that is told of a cancel may still answer. */
  cancelGraceMs: 10 * SECOND,
  defaultLeaseMs: 30 * SECOND,
  leaseMinMs: SECOND,
  leaseMaxMs: HOUR,
  /** Headers of a page's answer; undici's own default is the same, set so that it stays. */
  answerHeaderBytes: 16 * 1024,
  /** A page that takes longer to accept a connection is down, or behind a firewall that drops. */
  pageConnectMs: 10 * SECOND,
  /** An unused connection to a page, unless the page names its own time: shorter than the 5 s after which Node's and
   * other servers close theirs, so that a call seldom meets a connection that is just being closed. */
  pageConnectionIdleMs: 4 * SECOND,
  /** The same where the page names a longer time: what it costs is a socket. */
  pageConnectionIdleMaxMs: 30 * SECOND,
  /** How long the rest of an answer is read once its meaning is known, to use the connection again. */
  answerRestMs: 5 * SECOND,
  /** One frame of an in-band stream: a result in base64 or JSON form and what is around it. */
  frameBytes: 512 * 1024,
  /** Streams on one connection to a door: beyond it a client waits. */
  streamsPerConnection: 1_000,
  /** Watches of one server: each holds a job in memory. */
  watches: 20_000,
  /** How deep messages lie within messages in a request: protobuf's own customary limit; deeper would use up the stack. */
  nestedMessages: 100,
  /** How many there are: a thousand jobs with all that may be said of them have 9,000. */
  messagesInRequest: 20_000,
  /** What an error tells of itself: errors travel in HTTP/2 trailers, where some clients stop at 8 KiB. */
  violationsShown: 10,
  violationFieldChars: 128,
  /** Sockets of the HTTP door: a watch over HTTP/1.1 has one of its own, and as much again for short calls. */
  connections: 40_000,
  /** A gRPC connection without calls; clients open another by themselves. */
  connectionIdleMs: 30 * MINUTE,
  /** Then a gRPC client moves to a new connection, so that load finds servers that were added. */
  connectionAgeMs: 12 * HOUR,
  /** How long streams of a connection past its age go on. */
  connectionAgeGraceMs: HOUR,
  /** A connection is asked for a sign of life so often: a peer that vanished is found, its watches freed. */
  connectionPingMs: MINUTE,
  /** What one gRPC connection may hold in buffers, in MiB: sixteen messages of the largest size. */
  connectionMebibytes: 64,
  /** A request's headers, and all of it, must arrive in this time; answers may take as long as they like. */
  headersReceiveMs: 15 * SECOND,
  requestReceiveMs: 2 * MINUTE,
  /** An unused HTTP connection is kept longer than common proxies keep theirs (60 s), so that they never lose a race. */
  connectionKeepMs: 65 * SECOND,
  /** Longest time-out of a call: timers of Node hold no more, so longer ones are none. */
  callTimeoutMaxMs: 2 ** 31 - 1,
  /** How often the store is asked while somebody watches the service's health, and how long it may take. */
  healthPollMs: 5 * SECOND,
  healthAnswerMs: 5 * SECOND,
  /** How long a closing door waits for calls under way, after the drain. */
  doorCloseMs: 2 * SECOND,
  /** Jobs in one set of a claim or settle: larger sets gained nothing measurable and hold the store longer. */
  setSize: 500,
  /** Least time between two writes of the same sort: what comes meanwhile shares the next one. */
  gatherMs: 2,
  /** The same for ends of attempts and reports: nobody waits for one but its watchers, and each write is an fsync. */
  settleGatherMs: 8,
  /** The same for claims: a set for many free slots costs the store little more than one for a single slot. */
  claimSpacingMs: 8,
  /** Calls that wait for their jobs to be stored, from which on two inserts are under way at once. */
  secondInsertAt: 32,
  /** Attempts shorter than this let a server hold one set ahead of its slots; longer ones would hold it from others. */
  aheadAttemptMs: 250,
  /** A job held ahead that has not started after this long is given back. */
  aheadHeldMs: SECOND,
  /** How soon a due job is found that no wake-up told of. */
  pollMs: SECOND,
  /** Distinct instants that a server remembers for jobs it knows to be due later; the poll finds the others. */
  dueTimes: 1_000,
  /** A watched job is read again after this long, whatever wake-ups said. */
  watchPollMs: 2 * SECOND,
  /** Less than the idle time-outs of common proxies, which begin at 30 s. */
  keepAliveMs: 15 * SECOND,
  /** Attempts at the same time: above it a process is out of sockets or out of core first. */
  concurrencyMax: 10_000,
  defaultConcurrency: 100,
  /** How long a server that stops lets its calls finish, unless told otherwise: most orchestrators kill after 30 s. */
  defaultDrainMs: 25 * SECOND,
  drainMaxMs: DAY,
  /** How old the counts of queues in /metrics may be: a million waiting jobs take up to a second to count. */
  queueCountsMs: 5 * SECOND,
  sweepMs: 10 * SECOND,
  pruneMs: MINUTE,
  /** How long to wait for a SQLite file whose owner is just leaving. */
  storeBusyMs: 500,
  /** Bytes of results in one set: far from MongoDB's 16 MiB for one command. */
  setBytes: 4 * 1024 * 1024,
} as const;
