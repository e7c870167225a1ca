// The page of the practice world: the bar at the top, and all parts together.

import { Chat } from "./chat.js";
import { find } from "./elements.js";
import { renderModal } from "./modal.js";
import { act, onChange, part, markDone, attempt, watch } from "./state.js";
import { renderStores } from "./stores.js";

const BOT = {
  off: ["The bot is not running.", "Start it"],
  starting: ["The bot is starting …", "Kill it"],
  ready: ["The bot is running.", "Kill it"],
  killed: ["The bot is killed. Go on writing.", "Start it again"],
  failed: ["The bot does not answer.", "Start it again"],
};

function renderBot() {
  const bot = part("bot", { state: "off", message: "" }), [text, label] = BOT[bot.state];
  const place = find("#bot");
  place.dataset.state = bot.state;
  place.title = bot.message;
  const status = find("p", place);
  if (status.textContent !== text) status.textContent = text;
  const press = find("button", place);
  press.textContent = label;
  press.title = label === "Kill it" ? "SIGKILL: it cannot finish anything" : "";
  press.onclick = () => attempt(async () => {
    await act(label === "Kill it" ? "bot/kill" : "bot/start", {});
    if (bot.state === "killed") markDone("kill");
  }, press);
}

for (const press of document.querySelectorAll("#columns button")) {
  press.addEventListener("click", () => showColumn(press.dataset.column));
}

function showColumn(name) {
  document.body.dataset.column = name;
  for (const each of document.querySelectorAll("#columns button")) {
    each.setAttribute("aria-pressed", String(each.dataset.column === name));
  }
  for (const log of document.querySelectorAll(".log")) log.scrollTop = log.scrollHeight;
}

const chats = [new Chat("discord", "Discord"), new Chat("slack", "Slack")];
onChange(() => {
  renderBot();
  renderStores();
  chats.forEach((chat) => chat.render());
  renderModal();
});
// Where somebody looks at the end, it stays in sight when the room for it changes.
const ends = new WeakMap();
const resized = new ResizeObserver((entries) => entries.forEach(({ target }) => {
  if (ends.get(target)) target.scrollTop = target.scrollHeight;
}));
for (const log of document.querySelectorAll(".log")) {
  log.addEventListener("scroll", () => ends.set(log, log.dataset.place !== "home"
    && log.scrollHeight - log.scrollTop - log.clientHeight < 60));
  resized.observe(log);
}
showColumn("stores");
watch();
