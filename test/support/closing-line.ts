// A reporter that ends the output with one line, `N passed, N failed`. A file that could not be imported, an error
// outside of any test, and a run that could not begin count as failed. So does a test that was skipped, unless it says
// what it lacks, by `skip(note)`: then it is neither, and is named before that line.

import type { Reporter, SerializedError, TestModule } from "vitest/node";

export default class ClosingLine implements Reporter {
  #passed = 0;
  #failed = 0;
  #skipped: string[] = [];

  onInit(): void {
    // At the very end, after the summary of the default reporter.
    process.once("exit", (code) => {
      const failed = code !== 0 && this.#failed === 0 ? 1 : this.#failed;
      if (this.#skipped.length > 0) process.stdout.write(`\n${this.#skipped.length} skipped\n`);
      for (const line of this.#skipped) process.stdout.write(`  ${line}\n`);
      process.stdout.write(`\n${this.#passed} passed, ${failed} failed\n`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    this.#passed = 0;
    this.#failed = errors.length;
    this.#skipped = [];
    for (const module of modules) {
      this.#failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === "passed") this.#passed += 1;
        else if (result.state === "skipped" && result.note) this.#skipped.push(result.note);
        else this.#failed += 1;
      }
    }
  }
}
