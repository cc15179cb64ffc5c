/** Runs all tests of this folder and ends with `# pass N` and `# fail N`; fails when anything failed or nothing ran. */
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { run } from "node:test";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith(".test.mjs")).map((name) => folder + name);
const counts = { pass: 0, fail: 0 };

const events = run({ files, concurrency: 1 });
const isFile = ({ name, file }) => name === file || files.includes(name);
events.on("test:pass", (data) => {
  if (isFile(data)) return;
  counts.pass++;
  console.log(`ok   ${data.name} (${Math.round(data.details.duration_ms)} ms)`);
});
events.on("test:fail", (data) => {
  if (isFile(data)) return;
  counts.fail++;
  console.log(`FAIL ${data.name}\n${indented(data.details.error?.cause?.stack ?? data.details.error)}`);
});
events.on("test:stdout", ({ message }) => process.stdout.write(message));
events.on("test:stderr", ({ message }) => process.stderr.write(message));
events.resume();
await once(events, "end");

console.log(`# pass ${counts.pass}\n# fail ${counts.fail}`);
process.exitCode = counts.fail > 0 || counts.pass === 0 ? 1 : 0;

function indented(text) {
  return String(text).replace(/^/gm, "     ");
}
