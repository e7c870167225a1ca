// The page of the practice world: the strip at the top, and everything put together.

import { Chat } from "./chat.js";
import { find } from "./elements.js";
import { renderForm } from "./form.js";
import { act, onChange, part, tick, tried, watch } from "./live.js";
import { renderStores } from "./stores.js";

const BOT = {
  off: ["The bot is not running.", "Start it"],
  starting: ["The bot is starting …", "Kill it"],
  ready: ["The bot is running.", "Kill it"],
  killed: ["The bot is dead; write on.", "Start it again"],
  trouble: ["The bot does not answer.", "Start it again"],
};

function renderBot() {
  const bot = part("bot", { state: "off", told: "" }), [text, label] = BOT[bot.state];
  const place = find("#bot");
  place.dataset.state = bot.state;
  place.title = bot.told;
  const status = find("p", place);
  if (status.textContent !== text) status.textContent = text;
  const press = find("button", place);
  press.textContent = label;
  press.title = label === "Kill it" ? "SIGKILL: it has no time to finish anything" : "";
  press.onclick = () => tried(async () => {
    await act(label === "Kill it" ? "bot/kill" : "bot/start", {});
    if (bot.state === "killed") tick("kill");
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
  renderForm();
});
showColumn("stores");
watch();
