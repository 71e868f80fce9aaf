// A reporter that ends the output with one line, `N passed, N failed`. A file that could not be imported, an error
// outside of any test, and a run that could not begin count as failed.

import type { Reporter, SerializedError, TestModule } from "vitest/node";

export default class ClosingLine implements Reporter {
  #passed = 0;
  #failed = 0;

  onInit(): void {
    // At the very end, after the summary of the default reporter.
    process.once("exit", (code) => {
      const failed = code !== 0 && this.#failed === 0 ? 1 : this.#failed;
      process.stdout.write(`\n${this.#passed} passed, ${failed} failed\n`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    this.#passed = 0;
    this.#failed = errors.length;
    for (const module of modules) {
      this.#failed += module.errors().length;
      for (const test of module.children.allTests()) {
        if (test.result().state === "passed") this.#passed += 1;
        else this.#failed += 1;
      }
    }
  }
}
