/**
 * What the three demo pages share: who I am, which room this is, and the panel that shows the connection at work.
 */
import { Room, RoomError, claimsOf } from "./edgerooms.js";

const ADJECTIVES = "amber brave brisk calm clever coral cosmic eager fuzzy gentle golden happy jolly lucky mellow merry mossy nimble polar proud quick quiet rusty silver sleepy snowy solar sunny swift velvet witty".split(" ");
const ANIMALS = "badger beaver bison crane dolphin falcon ferret finch fox gecko heron ibis koala lemur lynx marten mole moose newt orca otter owl panda puffin raven robin seal stoat swan tapir tiger walrus wombat".split(" ");
const PLACES = "attic bay bridge canyon cove creek delta dune fjord forest garden glade grove harbor hill island lagoon lake loft marsh meadow mesa orchard pier plaza pond reef ridge river shore summit terrace valley".split(" ");
const DROP_PAUSE_MS = 2_000;
const STATUS_WORDS = { connecting: "connecting", live: "live", resuming: "resuming", offline: "offline", stopped: "stopped" };

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
 * Joins the room in the page's address and keeps the shared parts of the page up to date.
 * @param {string} kind the rooms' kind
 * @param {{history?: number, on: Record<string, (value: any, room: Room) => void>}} page listeners as for `Room.on`
 * @returns {{room: () => Room}} the room of the moment; another one after a new name
 */
export async function openRoomPage(kind, page) {
  const name = roomFromAddress();
  const user = await chooseUser(`${kind}/${name}`);
  mountPanel(user);
  mountBar(name);
  let room = join(kind, name, user, page);
  document.querySelector("#drop").addEventListener("click", () => room.drop(DROP_PAUSE_MS));
  document.querySelector("#user-form").addEventListener("submit", (submit) => {
    submit.preventDefault();
    const chosen = document.querySelector("#user").value.trim();
    if (chosen === "" || chosen === room.user) return;
    sessionStorage.setItem("edgerooms:user", chosen);
    room.close();
    room = join(kind, name, chosen, page);
  });
  return { room: () => room };
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

function join(kind, name, user, page) {
  const room = new Room(`${kind}/${name}`, { token: () => tokenFor(user), history: page.history ?? 0 });
  // A room that was left may still have a last word; the page belongs to the new one by then.
  for (const [happening, listener] of Object.entries({ ...page.on })) room.on(happening, (value) => listener(value, room));
  showRoom(room);
  return room;
}

function showRoom(room) {
  const show = (selector, text) => (document.querySelector(selector).textContent = text);
  let countdown = 0;
  const showSeq = () => show("#seq", room.seq);
  const showStatus = ({ status, text, retryInMs }) => {
    clearInterval(countdown);
    document.documentElement.dataset.status = status;
    show("#status", STATUS_WORDS[status]);
    show("#status-text", status === "live" ? "Every event so far has arrived, once and in order." : sentence(text));
    document.querySelector("#notice").hidden = status !== "stopped";
    show("#notice", status === "stopped" ? sentence(text) : "");
    document.querySelector("#drop").disabled = status !== "live";
    if (retryInMs > 1000) countdown = countDown(text, Date.now() + retryInMs);
  };
  room.on("status", (status) => {
    showStatus(status);
    show("#session", room.session ? shortened(room.session) : "none yet");
    if (status.status === "offline") document.querySelector("#resumed").hidden = true;
  });
  room.on("start", showSeq).on("event", showSeq);
  room.on("resumed", ({ seq, replayed }) => {
    document.querySelector("#resumed").hidden = false;
    show("#resumed", `Resumed at seq ${seq}, ${replayed} ${replayed === 1 ? "event" : "events"} replayed.`);
  });
  room.on("members", (members) => showMembers(members, room));
  room.on("refused", (error) => show("#refusal", `${error.message} (${error.code})`));
  showStatus({ status: "connecting", text: "Connecting" });
}

function sentence(text) {
  return /[.…!?]$/.test(text) ? text : `${text}.`;
}

function countDown(text, until) {
  const show = () => {
    const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    document.querySelector("#status-text").textContent = `${text}. Back in ${seconds} s.`;
  };
  show();
  return setInterval(show, 500);
}

function showMembers(members, room) {
  const items = members
    .toSorted((a, b) => Number(b.member === room.member) - Number(a.member === room.member) || a.user.localeCompare(b.user))
    .map(({ member, user }) => {
      const dot = element("span", "dot");
      dot.ariaHidden = "true";
      const item = paintUser(element("li", "", dot, element("span", "name", user)), user);
      if (member === room.member) item.append(element("span", "tag", "you"));
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
  const own = new URLSearchParams(location.search).get("token");
  if (own) {
    document.querySelector("#user-form").hidden = true;
    document.querySelector("#you-title").textContent = `You are ${claimsOf(own)?.sub ?? "whoever the token names"}`;
    return own;
  }
  const answer = await fetch(`/dev/token?user=${encodeURIComponent(user)}`, { cache: "no-store" });
  if (answer.status === 404) {
    throw new RoomError("unauthenticated",
      "This server is not in Development, so it hands out no demo tokens. Start it in Development, or add token=… with a token of your own to the address.");
  }
  if (!answer.ok) throw new RoomError("unavailable", `No demo token: HTTP ${answer.status}`, true);
  return answer.text();
}

function shortened(text) {
  return text.length > 20 ? `${text.slice(0, 12)}…${text.slice(-4)}` : text;
}

function pick(words) {
  return words[Math.floor(Math.random() * words.length)];
}
