/**
 * What the three demo pages share: who I am, which room this is, and the panel that shows the connection at work.
 */
import { EdgeRooms, EdgeRoomsError } from "./edgerooms.js";
import { Wire } from "./wire.js";

const ADJECTIVES = "amber brave brisk calm clever coral cosmic eager fuzzy gentle golden happy jolly lucky mellow merry mossy nimble polar proud quick quiet rusty silver sleepy snowy solar sunny swift velvet witty".split(" ");
const ANIMALS = "badger beaver bison crane dolphin falcon ferret finch fox gecko heron ibis koala lemur lynx marten mole moose newt orca otter owl panda puffin raven robin seal stoat swan tapir tiger walrus wombat".split(" ");
const PLACES = "attic bay bridge canyon cove creek delta dune fjord forest garden glade grove harbor hill island lagoon lake loft marsh meadow mesa orchard pier plaza pond reef ridge river shore summit terrace valley".split(" ");
const STATUS_TEXTS = {
  connecting: "Connecting.",
  live: "Every event so far has arrived, once and in order.",
  resuming: "Connecting again, to go on after the last event seen.",
  offline: "No connection. This page keeps trying, and keeps what you send until then.",
};

const PANEL = `
  <section class="card" aria-labelledby="you-title">
    <h2 id="you-title">You</h2>
    <form class="row" id="user-form">
      <label class="visually-hidden" for="user">Your name</label>
      <input id="user" name="user" maxlength="24" autocomplete="off" spellcheck="false" required>
      <button class="button" type="submit">Rename</button>
    </form>
  </section>
  <section class="card" aria-labelledby="members-title">
    <h2 id="members-title">In this room <span class="count" id="member-count">0</span></h2>
    <ul class="members" id="members"></ul>
  </section>
  <section class="card" aria-labelledby="connection-title">
    <h2 id="connection-title">Connection</h2>
    <p class="note" id="status-text"></p>
    <p class="note good" id="resumed" role="status" hidden></p>
    <button class="button wide" id="drop" type="button">Drop my connection</button>
    <dl class="facts">
      <dt>Last refusal</dt><dd id="refusal" aria-live="polite">none</dd>
      <dt>Session</dt><dd><code id="session">none yet</code></dd>
    </dl>
  </section>`;

/**
 * Opens the room in the page's address and keeps the shared parts of the page up to date.
 * @param {string} kind the rooms' kind
 * @param {import("./edgerooms.js").RoomOptions} [options] for `client.room`
 * @returns the room, and `me()`: the user's name as the server has it
 */
export async function openRoomPage(kind, options) {
  const name = roomFromAddress();
  const user = await chooseUser(`${kind}/${name}`);
  mountPanel(user);
  mountBar(name);
  const wire = new Wire();
  const client = new EdgeRooms(location.origin, {
    token: () => wire.whole().then(() => tokenFor(user)),
    persist: `${kind}/${name}:${user}`, // a reload is the same session, a new name another one
    WebSocket: wire.Socket,
  });
  const room = client.room(`${kind}/${name}`, options);
  const me = () => client.user ?? user;
  showRoom(room, client, wire);
  document.querySelector("#drop").addEventListener("click", () => wire.cut());
  document.querySelector("#user-form").addEventListener("submit", (submit) => {
    submit.preventDefault();
    const chosen = document.querySelector("#user").value.trim();
    if (chosen !== "" && chosen !== me()) becomeSomebodyElse(room, chosen);
  });
  return { room, me };
}

/** A room's refusal in its own words, without the name of the room that the page shows anyway. */
export function wordsOf(error) {
  return error.message.replace(`${error.room}: `, "");
}

/** A fresh name such as `quiet-harbor-417`. */
export function randomRoom() {
  return `${pick(ADJECTIVES)}-${pick(PLACES)}-${100 + Math.floor(Math.random() * 900)}`;
}

/** The same colour for the same user in every window. */
export function paintUser(element, user) {
  element.style.setProperty("--hue", String(hueOf(user)));
  return element;
}

export function hueOf(user) {
  let hash = 2166136261;
  for (const char of user) hash = Math.imul(hash ^ char.codePointAt(0), 16777619);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b); // similar names, different colours
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash >>> 16) % 24) * 15;
}

/** `element("li", "class names", child, "text", …)` */
export function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function showRoom(room, client, wire) {
  const show = (selector, text) => (document.querySelector(selector).textContent = text);
  const resumed = document.querySelector("#resumed");
  let countdown = 0;
  let end = "";
  let left = null; // the seq at which we were cut off
  const sayResumed = (text) => {
    resumed.hidden = text === "";
    resumed.textContent = text;
  };
  const showSeq = () => {
    show("#seq", room.seq);
    if (left === null || room.status !== "live" || room.seq < room.head) return;
    const replayed = room.seq - left;
    left = null;
    sayResumed(`Resumed at seq ${room.seq}, ${replayed} ${replayed === 1 ? "event" : "events"} replayed.`);
  };
  /** That a room has ended and why it has come one after the other. */
  const showEnd = () => {
    const notice = document.querySelector("#notice");
    notice.hidden = room.status !== "closed";
    if (notice.hidden) return;
    for (const selector of ["#notice", "#status-text"]) show(selector, sentence(end));
  };
  const showStatus = (status) => {
    clearInterval(countdown);
    // While the wire is cut the client tries in vain, so to the user it is offline.
    const word = wire.isCut && status === "resuming" ? "offline" : status;
    document.documentElement.dataset.status = word;
    show("#status", word);
    show("#status-text", STATUS_TEXTS[word] ?? "");
    if (wire.isCut && word === "offline") countdown = countDown(wire);
    showEnd();
    document.querySelector("#drop").disabled = word !== "live";
    show("#session", client.session ? shortened(client.session) : "none yet");
    if (status === "offline" && left === null && room.epoch !== undefined) {
      left = room.seq;
      sayResumed("");
    }
    if (status !== "live") return;
    showSeq();
    if (tokenInAddress()) show("#you-title", `You are ${client.user}`);
  };
  room.on("reset", ({ reason, seq }) => {
    left = null;
    sayResumed(`Begun anew at seq ${seq} (${reason}): what came in between could not be replayed.`);
  });
  const showRefusal = (error) => {
    end = wordsOf(error);
    show("#refusal", `${end} (${error.code})`);
    showEnd();
  };
  room.on("error", showRefusal);
  client.on("error", showRefusal);
  room.on("status", showStatus);
  room.on("event", showSeq);
  room.on("members", (members) => showMembers(members, room));
  showStatus(room.status);
}

/** The room is left at once, so that nobody sees both names; what was not answered yet waits for the old name to come back. */
function becomeSomebodyElse(room, user) {
  room.leave();
  sessionStorage.setItem("edgerooms:user", user);
  setTimeout(() => location.reload()); // after the leave has been written
}

function sentence(text) {
  return /[.…!?]$/.test(text) ? text : `${text}.`;
}

function countDown(wire) {
  const show = () => {
    const seconds = Math.max(0, Math.ceil((wire.mendedAt - Date.now()) / 1000));
    document.querySelector("#status-text").textContent = `Connection dropped on purpose. Back in ${seconds} s.`;
  };
  show();
  return setInterval(show, 250);
}

function showMembers(members, room) {
  const items = members
    .toSorted((a, b) => Number(b.member === room.me) - Number(a.member === room.me) || a.user.localeCompare(b.user))
    .map(({ member, user }) => {
      const dot = element("span", "dot");
      dot.ariaHidden = "true";
      const item = paintUser(element("li", "", dot, element("span", "name", user)), user);
      if (member === room.me) item.append(element("span", "tag", "you"));
      return item;
    });
  document.querySelector("#members").replaceChildren(...items);
  document.querySelector("#member-count").textContent = members.length;
}

function mountPanel(user) {
  document.querySelector("#panel").innerHTML = PANEL;
  document.querySelector("#user").value = user;
}

function mountBar(name) {
  document.querySelector("#room-name").textContent = name;
  document.title = `${name} · ${document.title}`;
  document.querySelector("#second-window").href = location.href;
  const notice = element("p", "notice");
  notice.id = "notice";
  notice.role = "alert";
  notice.hidden = true;
  document.querySelector(".bar").append(notice);
  const shared = new URL(location.href);
  shared.searchParams.delete("token"); // a token is for whoever it names, a link is for everybody
  const copy = document.querySelector("#copy-link");
  copy.addEventListener("click", async () => {
    await copyText(shared.href);
    const label = copy.textContent;
    copy.textContent = "Copied";
    setTimeout(() => (copy.textContent = label), 1500);
  });
}

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    prompt("Copy this:", text); // no clipboard outside a secure context
  }
}

function roomFromAddress() {
  const address = new URL(location.href);
  const asked = address.searchParams.get("room") ?? "";
  if (/^[A-Za-z0-9_-]{1,64}$/.test(asked)) return asked;
  const name = randomRoom();
  address.searchParams.set("room", name);
  history.replaceState(null, "", address);
  return name;
}

/**
 * The name kept for this tab, or a new one. "Duplicate tab" copies the storage and with it the name and the session;
 * two tabs would take the session from each other for ever, so the copy asks around and becomes somebody else.
 */
async function chooseUser(room) {
  const kept = sessionStorage.getItem("edgerooms:user");
  const channel = new BroadcastChannel("edgerooms:tabs");
  const tab = Math.random();
  let mine = kept;
  const taken = kept !== null && (await new Promise((resolve) => {
    channel.onmessage = ({ data }) => data.taken === tab && resolve(true);
    channel.postMessage({ asks: tab, user: kept, room });
    setTimeout(() => resolve(false), 150);
  }));
  if (kept === null || taken) mine = `${pick(ADJECTIVES)}-${pick(ANIMALS)}`;
  sessionStorage.setItem("edgerooms:user", mine);
  channel.onmessage = ({ data }) => {
    const same = data.user === sessionStorage.getItem("edgerooms:user") && data.room === room;
    if (same && data.asks) channel.postMessage({ taken: data.asks });
  };
  return mine;
}

async function tokenFor(user) {
  const own = tokenInAddress();
  if (own) {
    document.querySelector("#user-form").hidden = true;
    return own;
  }
  const answer = await fetch(`/dev/token?user=${encodeURIComponent(user)}`, { cache: "no-store" });
  if (answer.status === 404) {
    throw new EdgeRoomsError("unauthenticated",
      "This server is not in Development, so it hands out no demo tokens. Start it in Development, or add token=… with a token of your own to the address.");
  }
  if (!answer.ok) throw new EdgeRoomsError("unavailable", `No demo token: HTTP ${answer.status}`, undefined, true);
  return answer.text();
}

function tokenInAddress() {
  return new URLSearchParams(location.search).get("token");
}

function shortened(text) {
  return text.length > 20 ? `${text.slice(0, 12)}…${text.slice(-4)}` : text;
}

function pick(words) {
  return words[Math.floor(Math.random() * words.length)];
}
