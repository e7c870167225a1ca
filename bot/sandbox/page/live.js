// The state of the practice world as the server tells it, part by part, and what people do to it.

import { find } from "./elements.js";

const parts = new Map();
const listeners = [];
let version = "";
let wake = () => {};

/** What the person at the page looks at; `awaited` is, for each chat, the ticket to show once it has a thread. */
export const shown = { store: null, ticket: null, writing: false, awaited: {} };

export const part = (name, otherwise) => parts.get(name) ?? otherwise;
export const onChange = (listener) => listeners.push(listener);
export const changed = () => listeners.forEach((listener) => listener());

/** Does something; throws an `Error` with whole sentences where it is refused. */
export async function act(path, fields) {
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields) };
  const answer = await fetch(`/${path}`, request).catch(() => null);
  const told = await answer?.json().catch(() => null);
  if (!told) throw new Error("The practice world does not answer.");
  if (!answer.ok) throw new Error(told.error);
  wake();
  return told;
}

/** Does something, shows the reason where it is refused, and keeps the button from being pressed twice meanwhile. */
export async function tried(work, busy) {
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

/** One of the steps at the top is done. */
export const tick = (step) => find(`[data-step=${step}]`).classList.add("done");

/** Asks for what has changed, for ever. */
export async function watch() {
  for (;;) {
    const told = await fetch(`/state?since=${version}`).then((answer) => answer.json()).catch(() => null);
    if (told) take(told);
    else notice("The practice world has ended. Start it again with: shopbell sandbox");
    if (told && document.body.classList.contains("lost")) notice("");
    document.body.classList.toggle("lost", !told);
    await new Promise((done) => setTimeout((wake = done), document.hidden ? 3000 : 500));
  }
}

function take(told) {
  version = told.version;
  if (told.fresh) parts.clear();
  for (const [name, value] of Object.entries(told.parts)) {
    if (value === null) parts.delete(name);
    else parts.set(name, value);
  }
  if (Object.keys(told.parts).length) changed();
}
