/** The installed Chromium, or a clear word about its absence. */
import { accessSync, constants } from "node:fs";
import { chromium } from "playwright-core";

const CANDIDATES = [process.env.EDGEROOMS_CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export async function launchBrowser() {
  const executablePath = CANDIDATES.find(isExecutable);
  if (!executablePath) {
    throw new Error("No Chromium on this machine. Install it: apt-get install chromium (or name one in EDGEROOMS_CHROMIUM).");
  }
  return chromium.launch({ executablePath, args: ["--no-sandbox"] }); // root has no sandbox
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
