/** Chat: a relay room. A message is the command `message` {text}; its event carries the same. */
import { element, openRoomPage, paintUser } from "./room-page.js";

const SHOWN_MAX = 500;
const list = document.querySelector("#messages");
const empty = document.querySelector("#empty");
const input = document.querySelector("#text");
let last = null;

const { room, me } = await openRoomPage("chat", { history: 50 });
room.on("reset", clear);
room.on("event", (event) => event.name === "message" && showMessage(event));
room.optimistic(stillWaiting, []).on("state", showWaiting);

document.querySelector("#composer").addEventListener("submit", (submit) => {
  submit.preventDefault();
  const text = input.value.trim();
  if (text === "") return;
  input.value = "";
  room.send("message", { text }); // the panel shows a refusal in words
});
if (matchMedia("(pointer: fine)").matches) input.focus(); // on a phone it would call up the keyboard

function clear() {
  list.replaceChildren(...list.querySelectorAll(".pending"));
  last = null;
  showEmpty();
}

function showMessage({ seq, data, by, at }) {
  const mine = by === me();
  const item = message(by, String(data?.text ?? ""), mine);
  const goesOn = last?.by === by && at - last.at < 120_000;
  item.classList.toggle("goes-on", goesOn);
  const time = new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  item.append(element("small", "meta", `${time} · ${seq}`));
  last = { by, at };
  keepingTheEndInView(() => {
    list.insertBefore(item, list.querySelector(".pending"));
    if (list.children.length > SHOWN_MAX) list.firstElementChild.remove();
  }, mine);
}

/** The state of this page's view of the room: own messages that the room has not said back yet. */
function stillWaiting(texts, { type, name, data }) {
  return type === "command" && name === "message" ? [...texts, data.text] : texts;
}

/** At the end and pale; they stay there through a lost connection. */
function showWaiting(texts) {
  const items = texts.map((text) => {
    const item = message(me(), text, true);
    item.classList.add("pending");
    item.append(element("small", "meta", "waiting"));
    return item;
  });
  keepingTheEndInView(() => {
    for (const old of list.querySelectorAll(".pending")) old.remove();
    list.append(...items);
  }, items.length > 0);
}

function message(by, text, mine) {
  const item = paintUser(element("li", mine ? "message mine" : "message"), by);
  item.append(element("strong", "author", by), element("p", "bubble", text));
  return item;
}

function keepingTheEndInView(change, always) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  change();
  showEmpty();
  if (atEnd || always) list.scrollTop = list.scrollHeight;
}

function showEmpty() {
  empty.hidden = list.children.length > 0;
}
