// A journal of what a process saw, a line of JSON each. What must not be lost by any kill is on the disk before its
// `write` resolves; lines that come meanwhile share the next flush.

import { type FileHandle, open } from "node:fs/promises";

export class Journal {
  readonly #file: FileHandle;
  #lines: string[] = [];
  #next: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(path: string): Promise<Journal> {
    return new Journal(await open(path, "a"));
  }

  /** Resolves when the line is on the disk. */
  write(line: object): Promise<void> {
    this.#lines.push(`${JSON.stringify(line)}\n`);
    this.#next ??= this.#last.then(() => this.#flush());
    return this.#next;
  }

  async close(): Promise<void> {
    await (this.#next ?? this.#last);
    await this.#file.close();
  }

  #flush(): Promise<void> {
    const text = this.#lines.join("");
    this.#lines = [];
    this.#last = this.#next ?? this.#last;
    this.#next = undefined;
    return this.#file.appendFile(text).then(() => this.#file.datasync());
  }
}
