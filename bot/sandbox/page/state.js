// The state of the practice world, part by part as the server sends it, and the actions of people.

import { find } from "./elements.js";

const parts = new Map();
const listeners = [];
let version = "";
let wake = () => {};

/** What the person at the page looks at. `awaited`: for each chat, the ticket to show as soon as it has a thread. */
export const shown = { store: null, ticket: null, writing: false, awaited: {} };

export const part = (name, otherwise) => parts.get(name) ?? otherwise;
export const onChange = (listener) => listeners.push(listener);
export const changed = () => listeners.forEach((listener) => listener());

/** Sends an action; throws an `Error` with whole sentences if it is refused. */
export async function act(path, fields) {
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields) };
  const answer = await fetch(`/${path}`, request).catch(() => null);
  const body = await answer?.json().catch(() => null);
  if (!body) throw new Error("The practice world does not answer.");
  if (!answer.ok) throw new Error(body.error);
  wake();
  return body;
}

/** Does something, shows the reason if it is refused, and disables the button meanwhile. */
export async function attempt(work, busy) {
  if (busy) busy.disabled = true;
  notice("");
  try {
    return await work();
  } catch (error) {
    notice(error.message);
    return null;
  } finally {
    if (busy) busy.disabled = false;
  }
}

function notice(text) {
  const place = find("#notice");
  place.hidden = !text;
  place.textContent = text;
}

/** Marks one of the steps at the top as done. */
export const markDone = (step) => find(`[data-step=${step}]`).classList.add("done");

/** Asks again and again for what has changed. */
export async function watch() {
  for (;;) {
    const update = await fetch(`/state?since=${version}`).then((answer) => answer.json()).catch(() => null);
    if (update) take(update);
    else notice("The practice world has stopped. Start it again with: shopbell sandbox");
    if (update && document.body.classList.contains("lost")) notice("");
    document.body.classList.toggle("lost", !update);
    await new Promise((done) => setTimeout((wake = done), document.hidden ? 3000 : 500));
  }
}

function take(update) {
  version = update.version;
  if (update.fresh) parts.clear();
  for (const [name, value] of Object.entries(update.parts)) {
    if (value === null) parts.delete(name);
    else parts.set(name, value);
  }
  if (Object.keys(update.parts).length) changed();
}
