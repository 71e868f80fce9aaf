// A copy of the project in a folder of its own, where bugs are seeded and taken out again. What others change meanwhile
// in the project itself changes nothing here.

import { execFile, execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Edit } from "./seeded-bug.js";

const run = promisify(execFile);

export interface Ran {
  readonly code: number | null;
  readonly output: string;
  readonly isLate: boolean;
}

export class ProjectCopy {
  readonly folder = mkdtempSync(join(tmpdir(), "drover-mutants-"));
  /** The chaos tool names the commit that it runs on; a copy has none of its own. */
  readonly #environment = {
    ...process.env,
    GIT_DIR: execFileSync("git", ["rev-parse", "--absolute-git-dir"], { encoding: "utf8" }).trim(),
  };

  constructor() {
    const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { encoding: "utf8" });
    for (const file of listed.split("\0")) {
      if (file === "" || !existsSync(file)) continue;
      mkdirSync(dirname(join(this.folder, file)), { recursive: true });
      cpSync(file, join(this.folder, file));
    }
    this.#linkPackages();
  }

  /** All packages of others as they are; those of the workspace are the copy's, or the bug would not be run. */
  #linkPackages(): void {
    const modules = join(this.folder, "node_modules");
    mkdirSync(join(modules, "@drover"), { recursive: true });
    for (const name of readdirSync("node_modules")) {
      if (name !== "@drover" && !name.startsWith(".vite") && name !== ".cache") {
        symlinkSync(resolve("node_modules", name), join(modules, name));
      }
    }
    for (const name of ["sdk", "server"]) symlinkSync(join("..", "..", name), join(modules, "@drover", name));
  }

  /** Returns what takes the edits out again. */
  async seed(edits: readonly Edit[]): Promise<() => Promise<void>> {
    const before = new Map<string, string>();
    for (const { file, find, replace } of edits) {
      const path = join(this.folder, file);
      const text = readFileSync(path, "utf8");
      if (!before.has(path)) before.set(path, text);
      await writeFile(
        path,
        text.replace(find, () => replace),
      );
    }
    return async () => {
      for (const [path, text] of before) await writeFile(path, text);
    };
  }

  /** Rejects with what the compiler says. */
  async build(): Promise<void> {
    try {
      await run("npx", ["tsc", "-b", "sdk", "server", "chaos"], { cwd: this.folder });
    } catch (error) {
      throw new Error((error as { stdout?: string }).stdout ?? String(error));
    }
  }

  /** In a process group of its own, all of which ends with it or with its time. */
  run(command: readonly string[], timeoutMs: number): Promise<Ran> {
    const [program = "", ...args] = command;
    const child = spawn(program, args, { cwd: this.folder, detached: true, env: this.#environment });
    let output = "";
    let isLate = false;
    const endAll = () => {
      try {
        process.kill(-(child.pid ?? 0), "SIGKILL");
      } catch {
        // Nothing of it is left.
      }
    };
    const timer = setTimeout(() => {
      isLate = true;
      endAll();
    }, timeoutMs);
    process.once("exit", endAll);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (piece) => {
        output += piece;
      });
    }
    return new Promise((settle, reject) => {
      child.once("error", reject);
      child.once("close", (code) => {
        clearTimeout(timer);
        process.off("exit", endAll);
        if (!isLate) endAll();
        settle({ code, output, isLate });
      });
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
