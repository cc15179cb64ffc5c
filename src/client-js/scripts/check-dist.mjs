/** Rebuilds into a temporary folder and compares with dist/ and the demo pages' copy, which are committed so that the server needs no Node. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildInto, pagesCopy } from "./build.mjs";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const fresh = mkdtempSync(join(tmpdir(), "edgerooms-dist-"));
const names = await buildInto(fresh);
const differing = [...new Set([...names, ...readdirSync(dist)])].filter((name) => read(dist, name) !== read(fresh, name));
if (readFileSync(pagesCopy, "utf8") !== read(fresh, "index.js")) differing.push(pagesCopy);
rmSync(fresh, { recursive: true, force: true });
if (differing.length > 0) {
  console.error(`The built client is not what the sources give: ${differing.join(", ")}. Run npm run build and commit what it writes.`);
  process.exit(1);
}
console.log(`dist/ and the demo pages' copy are what the sources give (${names.length + 1} files).`);

function read(folder, name) {
  try {
    return readFileSync(join(folder, name), "utf8");
  } catch {
    return undefined;
  }
}
