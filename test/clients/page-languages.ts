// The languages that have pages under examples/pages: what each needs on the machine, how to get that, and where its
// pages are. A new language is an entry here. Knows nothing of how its pages are tried.

import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { Command, Language } from "./languages.js";

export interface PageLanguage extends Language {
  readonly pages: { readonly master: string; readonly child: string };
  /** Says `listening on 127.0.0.1:PORT`, and can be given port 0. */
  readonly announces: boolean;
}

const FASTAPI = join(homedir(), ".cache", "drover", "pages", "fastapi");
const ANYWHERE = { pages: { master: "/billing", child: "/user-stats" }, announces: true, build: [] };

export const PAGE_LANGUAGES: readonly PageLanguage[] = [
  {
    ...ANYWHERE,
    name: "Python",
    need: "python",
    tools: [python("import sys; sys.exit(sys.version_info < (3, 9))")],
    how: "Python 3.9 or later: apt-get install python3",
    folder: "examples/pages/python-stdlib",
    run: ["./run"],
  },
  {
    ...ANYWHERE,
    name: "FastAPI",
    need: "python",
    tools: [python("import sys; sys.exit(sys.version_info < (3, 9))"), python("import venv, ensurepip")],
    how: "Python 3.9 or later with venv: apt-get install python3 python3-venv",
    folder: "examples/pages/fastapi",
    build: [
      ["python3", "-m", "venv", FASTAPI],
      [join(FASTAPI, "bin", "python"), "-m", "pip", "install", "--quiet", "--requirement", "requirements.txt"],
    ],
    // As `activate` does it.
    run: ["env", `PATH=${join(FASTAPI, "bin")}${delimiter}${process.env.PATH}`, "./run"],
  },
  {
    ...ANYWHERE,
    name: "Go",
    need: "go",
    tools: [["go", "version"]],
    how: "Go 1.25 or later: https://go.dev/dl",
    folder: "examples/pages/go",
    run: ["./run"],
  },
  {
    ...ANYWHERE,
    name: "Java",
    need: "java",
    tools: [["javac", "--release", "17", "-version"]],
    how: "a JDK 17 or later: apt-get install default-jdk-headless",
    folder: "examples/pages/java",
    run: ["./run"],
  },
  {
    name: "PHP",
    need: "php",
    tools: [["php", "-r", "exit((int) (PHP_MAJOR_VERSION < 8));"]],
    how: "PHP 8: apt-get install php-cli",
    folder: "examples/pages/php",
    build: [],
    run: ["./run"],
    pages: { master: "/billing.php", child: "/user-stats.php" },
    announces: false,
  },
  {
    name: "shell",
    need: "shell",
    tools: [
      ["curl", "--version"],
      ["jq", "--version"],
      ["openssl", "version"],
      // Only that it has the web server: this encodes a text for its settings.
      ["busybox", "httpd", "-e", "text"],
    ],
    how: "busybox, curl, jq and openssl: apt-get install busybox curl jq openssl",
    folder: "examples/pages/shell",
    build: [],
    run: ["./run"],
    pages: { master: "/cgi-bin/billing", child: "/cgi-bin/user-stats" },
    announces: false,
  },
];

function python(code: string): Command {
  return ["python3", "-c", code];
}
