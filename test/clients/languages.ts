// The languages that hold the conversation: what each needs on the machine, how to get that, how its runner is built,
// and the command that it is. A new language is an entry here. What is built stays in this checkout: two of them may be
// tested at the same time.

import { join, resolve } from "node:path";

const BUILT = resolve("node_modules", ".cache", "clients");
const PYTHON = join(BUILT, "python");
const GO = join(BUILT, "go", "conversation");

/** A program with its arguments. */
export type Command = readonly [program: string, ...args: string[]];

export interface Language {
  readonly name: string;
  /** What `DROVER_NEED` calls it. */
  readonly need: string;
  /** Each must run and end well. */
  readonly tools: readonly Command[];
  /** How to get them. */
  readonly how: string;
  /** Where `build` and `run` are started. */
  readonly folder: string;
  /** One after the other, each time: what is fresh takes no time. */
  readonly build: readonly Command[];
  readonly run: Command;
}

/** What all others are compared with. */
export const TYPESCRIPT: Language = {
  name: "TypeScript",
  need: "typescript",
  tools: [],
  how: "",
  folder: "test/clients/typescript",
  build: [[process.execPath, "../../../node_modules/typescript/bin/tsc", "-b"]],
  run: [process.execPath, "dist/main.js"],
};

export const OTHER_LANGUAGES: readonly Language[] = [
  {
    name: "Go",
    need: "go",
    tools: [["go", "version"]],
    how: "Go 1.25 or later: https://go.dev/dl",
    folder: "clients/go",
    build: [["go", "build", "-o", GO, "./cmd/conversation"]],
    run: [GO],
  },
  {
    name: "Python",
    need: "python",
    tools: [
      ["python3", "-c", "import sys; sys.exit(sys.version_info < (3, 11))"],
      ["python3", "-c", "import venv, ensurepip"],
    ],
    how: "Python 3.11 or later with venv: apt-get install python3 python3-venv",
    folder: "clients/python",
    build: [
      ["python3", "-m", "venv", PYTHON],
      [join(PYTHON, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "."],
    ],
    run: [join(PYTHON, "bin", "python"), "-B", "-m", "conversation"],
  },
  {
    name: "Java",
    need: "java",
    tools: [
      ["javac", "--release", "17", "-version"],
      ["mvn", "--version"],
    ],
    how: "a JDK 17 or later and Maven: apt-get install default-jdk-headless maven",
    folder: "clients/java",
    build: [["mvn", "--batch-mode", "--quiet", "--file", "reactor/pom.xml", "-DskipTests", "package"]],
    run: ["java", "-jar", "conversation/target/conversation.jar"],
  },
];
