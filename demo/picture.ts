// Makes docs/demo.svg: runs the demo as on a terminal, takes what it drew half-way and its summary, and sets both as
// text in a window. Nothing in it is made up. The file may be named: `node demo/dist/picture.js FILE`.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("main.js", import.meta.url));
const picture = process.argv[2] ?? fileURLToPath(new URL("../../docs/demo.svg", import.meta.url));
const LINE = 19;
const CHAR = 8.4;
const PAD = 20;
const BAR = 34;

const child = spawn(process.execPath, [main, "--live"], { stdio: ["ignore", "pipe", "inherit"] });
const drawings: string[] = [];
// Decoded as one stream: a piece may end within a character. "close" comes after the last piece, "exit" may not.
child.stdout.setEncoding("utf8").on("data", (text: string) => drawings.push(text));
const [code] = await once(child, "close");
if (code !== 0) process.exit(1);

const whole = drawings.join("");
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for.
const frames = whole.split(/\x1b\[\d+A/).map((frame) => frame.replace(/\x1b\[\w*[JK]/g, ""));
/** The master has made all its children, and some of them tell how far they are. */
const busy = frames.filter((frame) => frame.includes("WAITING") && frame.includes("userid "));
const middle = busy[Math.floor(busy.length / 2)];
if (middle === undefined) {
  process.stderr.write("picture: the demo was over before a child told how far it was\n");
  process.exit(1);
}
const first = (frames[0] ?? "").split("\n")[0] ?? "";
const summary = /^\w+ was told[\s\S]*/m.exec(frames.at(-1) ?? "")?.[0].trim() ?? "";
const lines = [
  "$ npm run demo",
  first.replace(/:\d+$/, ""),
  "",
  ...middle.trimEnd().split("\n"),
  "",
  ...summary.split("\n"),
];

const width = Math.round(Math.max(...lines.map((line) => line.length)) * CHAR + 2 * PAD);
const height = BAR + lines.length * LINE + PAD;
const escaped = (text: string) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
const colour = (line: string) => (line.startsWith("$") ? "#8be9fd" : line.includes("█") ? "#50fa7b" : "#f8f8f2");
const text = lines.map(
  (line, index) =>
    `<text x="${PAD}" y="${BAR + (index + 1) * LINE - 4}" fill="${colour(line)}" xml:space="preserve">${escaped(line)}</text>`,
);
writeFileSync(
  picture,
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="ui-monospace, monospace" font-size="14">
<rect width="100%" height="100%" rx="8" fill="#282a36"/>
<circle cx="20" cy="17" r="6" fill="#ff5555"/><circle cx="40" cy="17" r="6" fill="#f1fa8c"/><circle cx="60" cy="17" r="6" fill="#50fa7b"/>
${text.join("\n")}
</svg>
`,
);
