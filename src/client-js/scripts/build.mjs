/**
 * Builds dist/ (or the folder given): two minified ES modules without dependencies, and their types; and the demo pages' copy of the
 * first. The same input gives the same bytes.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What the server hands to browsers, so that neither it nor its build needs Node. */
export const pagesCopy = join(root, "../EdgeRooms.Server/wwwroot/edgerooms.js");

export async function buildInto(folder) {
  rmSync(folder, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: ["src/index.ts", "src/react.ts"],
    outdir: folder,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    external: ["react"],
    plugins: [{
      // React's entry needs the client's types only; were it to need more, it must be the same copy.
      name: "one-client",
      setup: (esbuild) => esbuild.onResolve({ filter: /^\.\/index\.ts$/ }, () => ({ path: "./index.js", external: true })),
    }],
    banner: { js: "/* @edgerooms/client, MIT */" },
    legalComments: "none",
  });
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json", "--outDir", folder], { cwd: root, stdio: "inherit" });
  const names = readdirSync(folder).sort();
  for (const name of names.filter((name) => name.endsWith(".d.ts"))) {
    const path = join(folder, name);
    // Declarations keep the extensions of the sources, which the package does not have.
    writeFileSync(path, readFileSync(path, "utf8").replaceAll(/(from "\.\/[^"]+)\.ts"/g, '$1.js"'));
  }
  return names;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildInto(join(root, "dist"));
  copyFileSync(join(root, "dist/index.js"), pagesCopy);
}
