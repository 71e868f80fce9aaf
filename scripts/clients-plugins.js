// What generates the clients: for each language its template, where its generated files lie, and the plugins in one
// version each, installed by the language's own tool from its registry into the cache of whoever runs this.

import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";

const CACHE = join(homedir(), ".cache", "drover", "plugins");
const GO = { "google.golang.org/protobuf/cmd/protoc-gen-go": "v1.36.12" };
const GO_GRPC = { "google.golang.org/grpc/cmd/protoc-gen-go-grpc": "v1.6.2" };
const GRPCIO_TOOLS = "1.85.1";
const PROTOC = "4.36.2";
const GRPC_JAVA = "1.83.1";
const MAVEN_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy";

/** How calls are repeated, for gRPC in any language. A package holds a copy, since it has nothing of what is around it. */
export const SERVICE_CONFIG = "proto/drover/v1/grpc_service_config.json";

export const LANGUAGES = {
  go: {
    needs: "Go (https://go.dev/dl)",
    output: "clients/go/gen",
    isGenerated: (name) => name.endsWith(".pb.go"),
    serviceConfig: "clients/go/grpc_service_config.json",
    plugins: () => [...Object.entries({ ...GO, ...GO_GRPC })].map(([path, version]) => goPlugin(path, version)),
  },
  python: {
    needs: "Python 3 with venv (https://www.python.org)",
    output: "clients/python/drover/v1",
    isGenerated: (name) => /_pb2(?:_grpc)?\.pyi?$/.test(name),
    serviceConfig: "clients/python/drover/grpc_service_config.json",
    plugins: () => [pythonPlugins()],
  },
  java: {
    needs: "Maven and a JDK (https://maven.apache.org)",
    output: "clients/java/src/generated/java",
    isGenerated: (name) => name.endsWith(".java"),
    serviceConfig: "clients/java/src/main/resources/dev/drover/client/grpc_service_config.json",
    plugins: () => [
      javaPlugin("com.google.protobuf", "protoc", PROTOC),
      javaPlugin("io.grpc", "protoc-gen-grpc-java", GRPC_JAVA),
    ],
  },
};

/** Writes a language's files beneath `base`, the root of the repository or another folder. */
export function generate(language, base) {
  const PATH = [...pluginsOf(language), resolve("node_modules/.bin"), process.env.PATH].join(delimiter);
  const template = `clients/${language}/buf.gen.yaml`;
  execFileSync("buf", ["generate", "--template", template, "--path", "proto/drover", "--output", base], {
    stdio: "inherit",
    env: { ...process.env, PATH },
  });
}

/** The folders that hold a language's plugins. */
function pluginsOf(language) {
  const { plugins, needs } = LANGUAGES[language];
  try {
    return plugins();
  } catch (cause) {
    throw new Error(`the plugins for ${language} cannot be installed; that needs ${needs}`, { cause });
  }
}

/** The languages named on the command line; all of them if none is. */
export function asked() {
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => !(name in LANGUAGES));
  if (unknown.length > 0) {
    process.stderr.write(`there is no client in ${unknown.join(", ")}: name ${Object.keys(LANGUAGES).join(", ")}\n`);
    process.exit(2);
  }
  return names.length === 0 ? Object.keys(LANGUAGES) : names;
}

function goPlugin(path, version) {
  return installed(`${path.split("/").pop()}-${version}`, (folder) => {
    run("go", ["install", `${path}@${version}`], { GOBIN: folder });
  });
}

function pythonPlugins() {
  const folder = installed(`grpcio-tools-${GRPCIO_TOOLS}`, (made) => {
    run("python3", ["-m", "venv", made]);
    run(join(made, "bin", "python"), ["-m", "pip", "install", "--quiet", `grpcio-tools==${GRPCIO_TOOLS}`]);
  });
  return join(folder, "bin");
}

function javaPlugin(group, artifact, version) {
  return installed(`${artifact}-${version}`, (folder) => {
    const coordinates = `${group}:${artifact}:${version}:exe:${mavenPlatform()}`;
    run("mvn", ["-q", "-B", MAVEN_COPY, `-Dartifact=${coordinates}`, `-DoutputDirectory=${folder}`]);
    const program = join(folder, artifact);
    renameSync(`${program}-${version}-${mavenPlatform()}.exe`, program);
    chmodSync(program, 0o755);
  });
}

/** How Maven Central names programs for this machine. */
function mavenPlatform() {
  const system = { linux: "linux", darwin: "osx", win32: "windows" }[process.platform];
  const processor = { x64: "x86_64", arm64: "aarch_64" }[process.arch];
  return `${system}-${processor}`;
}

/** A folder of the cache, in place only when it is whole. */
function installed(name, install) {
  const folder = join(CACHE, name);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const made = mkdtempSync(join(CACHE, "making-"));
  try {
    install(made);
    // Another run may have been first: what it put there is the same.
    if (!existsSync(folder)) renameSync(made, folder);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return folder;
}

function run(program, args, env = {}) {
  execFileSync(program, args, { stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...env } });
}
