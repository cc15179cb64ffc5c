/** Compiles the tests and runs them (those whose file name contains an argument, or all); ends with `# pass N` and `# fail N`. */
import { once } from "node:events";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, ".test-build");
const wanted = process.argv.slice(2);
// Those that wait for real servers come first and beside each other; each has a server of its own.
const waitsLong = (name) => /^(server|readme)\./.test(name);
const names = readdirSync(join(root, "test"))
  .filter((name) => name.endsWith(".test.ts") && (wanted.length === 0 || wanted.some((part) => name.includes(part))))
  .sort((a, b) => Number(waitsLong(b)) - Number(waitsLong(a)) || (a < b ? -1 : 1));

rmSync(out, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: names.map((name) => `test/${name}`),
  outdir: out,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  sourcemap: "inline",
  define: { TEST_ROOT: JSON.stringify(root) },
});

const files = names.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ""} --enable-source-maps`;
const counts = { pass: 0, fail: 0 };
const events = run({ files, concurrency: 2 });
const isFile = ({ name, file }) => name === file || files.includes(name);
events.on("test:pass", (data) => {
  if (isFile(data)) return;
  if (data.skip !== undefined) return console.log(`skip ${data.name}: ${data.skip}`);
  counts.pass++;
  console.log(`ok   ${data.name} (${Math.round(data.details.duration_ms)} ms)`);
});
events.on("test:fail", (data) => {
  if (isFile(data) && data.details.error?.failureType === "subtestsFailed") return;
  counts.fail++;
  console.log(`FAIL ${data.name}\n${String(data.details.error?.cause?.stack ?? data.details.error).replace(/^/gm, "     ")}`);
});
events.on("test:stdout", ({ message }) => process.stdout.write(message));
events.on("test:stderr", ({ message }) => process.stderr.write(message));
events.resume();
await once(events, "end");

console.log(`# pass ${counts.pass}\n# fail ${counts.fail}`);
process.exitCode = counts.fail > 0 || counts.pass === 0 ? 1 : 0;
