// For an app's own tests: a page run without a server, and a whole Drover within the test's process.

export { type MadeBatch, type PageRun, type RunInput, type RunOptions, runPage } from "./run-page.js";
export { startTestDrover, type TestDrover, type TestDroverOptions, type TestPage } from "./test-drover.js";
