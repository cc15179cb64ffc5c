/** The start page: fresh rooms behind the demo cards, the server's health, and the snippet's copy button. */
import { copyText, randomRoom } from "./room-page.js";

for (const link of document.querySelectorAll("[data-kind]")) {
  const room = randomRoom();
  link.href = `/${link.dataset.kind}.html?room=${room}`;
  const label = link.querySelector(".fresh b");
  if (label) label.textContent = `${link.dataset.kind}/${room}`;
}

const copy = document.querySelector("#copy-snippet");
copy.addEventListener("click", async () => {
  await copyText(document.querySelector("#snippet").textContent);
  copy.textContent = "Copied";
  setTimeout(() => (copy.textContent = "Copy"), 1500);
});

await showHealth();
setInterval(showHealth, 5_000);

async function showHealth() {
  const ready = await fetch("/readyz", { cache: "no-store" }).then((answer) => answer.ok, () => false);
  document.documentElement.dataset.status = ready ? "live" : "offline";
  document.querySelector("#health-text").textContent = ready ? "this server is ready" : "this server does not answer";
}
