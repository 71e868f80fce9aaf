// Loaded into a server before it starts, under --expose-gc: collects garbage at SIGUSR2, so that its memory can be
// measured without what it has already let go.

process.on("SIGUSR2", () => globalThis.gc?.());
