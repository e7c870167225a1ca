// Making and updating elements. Every text is inserted as text; nothing here parses it as markup.

export const find = (selector, within = document) => within.querySelector(selector);
export const time = (at) => new Date(at * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

const STEPS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const distance = new Intl.RelativeTimeFormat("en");

/** How long ago a moment was, or in how long it comes: `5 minutes ago`. */
export function ago(at) {
  const seconds = at - Date.now() / 1000, [unit, size] = STEPS.find(([, each]) => Math.abs(seconds) >= each) ?? STEPS[3];
  return distance.format(Math.trunc(seconds / size), unit);
}
setInterval(() => document.querySelectorAll("[data-ago]").forEach((each) => { each.textContent = ago(each.dataset.ago); }), 10000);

/** An element with attributes, listeners (functions, by event) and children. Texts are inserted as text. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

export const button = (label, click, properties = {}, ...children) => make(
  "button", { type: "button", click, ...properties }, label, ...children);

/** Makes a container show the items, in order; unchanged elements stay, with their focus. */
export function fill(container, items, build) {
  const known = new Map([...container.children].map((node) => [node.dataset.key, node]));
  const follow = container.scrollHeight - container.scrollTop - container.clientHeight < 60;
  items.forEach((item, index) => {
    const key = String(item.key), written = JSON.stringify(item), old = known.get(key);
    known.delete(key);
    let node = old;
    if (!old || old.written !== written) {
      node = build(item);
      node.dataset.key = key;
      node.written = written;
      if (old) {
        const focused = old.contains(document.activeElement) ? document.activeElement.textContent : null;
        old.replaceWith(node);
        if (focused !== null) [...node.querySelectorAll("button")].find((b) => b.textContent === focused)?.focus();
      }
    }
    if (container.children[index] !== node) container.insertBefore(node, container.children[index] ?? null);
  });
  known.forEach((node) => node.remove());
  if (follow && container.matches(".log:not([data-place=home])")) container.scrollTop = container.scrollHeight;
}
