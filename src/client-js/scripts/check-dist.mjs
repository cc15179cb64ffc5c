/** Rebuilds into a temporary folder and compares with dist/, which is committed so that the server needs no Node to be built. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildInto } from "./build.mjs";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const fresh = mkdtempSync(join(tmpdir(), "edgerooms-dist-"));
const names = await buildInto(fresh);
const differing = [...new Set([...names, ...readdirSync(dist)])].filter((name) => read(dist, name) !== read(fresh, name));
rmSync(fresh, { recursive: true, force: true });
if (differing.length > 0) {
  console.error(`dist/ is not what the sources give: ${differing.join(", ")}. Run npm run build and commit dist/.`);
  process.exit(1);
}
console.log(`dist/ is what the sources give (${names.length} files).`);

function read(folder, name) {
  try {
    return readFileSync(join(folder, name), "utf8");
  } catch {
    return undefined;
  }
}
