// Messages of both chats.

import { ago, button, make, time } from "./elements.js";
import { act, changed, part, markDone, attempt } from "./state.js";

/** The ids of private messages that this person has dismissed. */
export const dismissed = new Set();

const TAGS = { quote: "blockquote", code: "pre", small: "small", heading: "strong", bullet: "li" };
const STYLES = { bold: "b", italic: "i", underline: "u", strike: "s", code: "code" };

function spanElement(span) {
  let element = span.ago ? make("time", { "data-ago": String(span.ago), title: span.text }, ago(span.ago))
    : document.createTextNode(span.text);
  for (const [style, tag] of Object.entries(STYLES)) if (span[style]) element = make(tag, {}, element);
  if (span.mention) element = make("span", { class: "mention" }, element);
  if (span.link) element = make("a", { href: span.link, target: "_blank", rel: "noopener noreferrer" }, element);
  return element;
}

const lineElement = (line) => make("div", { class: `words ${line.as}` },
  make(TAGS[line.as] ?? "span", {}, ...line.spans.map(spanElement)));

export function blockElement(block, press) {
  switch (block.kind) {
    case "text":
      return make("div", {}, ...block.lines.map(lineElement));
    case "picture":
      return make("img", { src: block.source, alt: block.alternative, class: "picture", load: showWhole });
    case "divider":
      return make("hr");
    case "buttons":
      return make("div", { class: "row" }, ...block.buttons.map((each) => (each.url
        ? make("a", { class: "button", href: each.url, target: "_blank", rel: "noopener noreferrer" }, each.label)
        : button(each.label, (event) => press(each, event.target), { class: each.style, disabled: each.disabled }))));
    case "table":
      return make("table", {}, ...block.rows.map((row, number) => make("tr", {},
        ...row.map((cell) => make(number ? "td" : "th", {}, ...cell.map(lineElement))))));
    case "fields":
      return make("div", { class: "fields" }, ...block.fields.map((field) => make("div", {},
        make("div", { class: "label" }, ...field.name.map(lineElement)), ...field.value.map(lineElement))));
    default: {
      const card = make("div", { class: "card" }, block.author ? make("b", { class: "speaker" }, block.author) : "",
        ...block.blocks.map((inner) => blockElement(inner, press)),
        block.at ? make("small", {}, time(block.at)) : "");
      card.style.setProperty("--bar", block.colour);
      return card;
    }
  }
}

/** A picture grows when it is there: whoever looks at the end still does. */
function showWhole({ target }) {
  const log = target.closest(".log");
  if (log && log.scrollHeight - log.scrollTop - log.clientHeight < target.offsetHeight + 100) log.scrollTop = log.scrollHeight;
}

/** A message in one of the chats. */
export function messageElement(message, chat) {
  if (message.system) return make("article", { class: "message system" }, message.system, threadLink(message, chat));
  const press = (each, element) => attempt(async () => {
    await act(`${chat.name}/press`, { place: message.place, message: message.id, button: each.id });
    if (each.label === "Close") markDone("close");
  }, element);
  return make("article", { class: `message${message.private ? " private" : ""}` },
    make("span", { class: "face", "aria-hidden": "true" }, message.bot ? "🔔" : [...message.author][0] ?? "?"),
    make("p", { class: "by" }, make("b", {}, message.author), message.bot ? make("span", { class: "app" }, "APP") : "",
      make("small", {}, time(message.at) + (message.edited ? " (edited)" : ""))),
    moreMenu(message, chat),
    message.thinking ? make("p", { class: "thinking" }, `${message.author} is thinking …`) : "",
    ...message.blocks.map((block) => blockElement(block, press)),
    message.reactions.length ? make("p", { class: "reactions" }, ...message.reactions.map(
      (each) => make("span", {}, `${each.sign} ${each.count > 1 ? each.count : ""}`.trim()))) : "",
    threadLink(message, chat),
    message.private ? make("p", { class: "only" }, "👁 Only you can see this · ",
      button("Dismiss", () => { dismissed.add(message.id); changed(); }, { class: "bare" })) : "");
}

const threadLink = (message, chat) => (message.thread
  ? button(`↳ ${message.thread.name}`, () => chat.open(message.thread.id), { class: "bare thread" }) : "");

function moreMenu(message, chat) {
  const what = { place: message.place, message: message.id };
  const entry = (label, work) => button(label, (event) => {
    event.target.closest("details").open = false;
    attempt(work);
  });
  const entries = message.private || message.place === "home" ? [] : part(chat.name, { menus: [] }).menus.map(
    (menu) => entry(menu.label, () => act(`${chat.name}/menu`, { ...what, entry: menu.id })));
  if (message.mine && message.written) entries.push(entry("Edit message", () => chat.edit(message)));
  if (message.mine) entries.push(entry("Delete message", () => act(`${chat.name}/delete`, what)));
  if (!entries.length) return "";
  return make("details", {
    class: "more",
    toggle: (event) => { if (event.target.open) event.target.lastChild.scrollIntoView({ block: "nearest" }); },
    focusout: (event) => { if (!event.currentTarget.contains(event.relatedTarget)) event.currentTarget.open = false; },
    keydown: (event) => { if (event.key === "Escape") event.currentTarget.open = false; },
  }, make("summary", { "aria-label": "More about this message", title: "More" }, "⋯"), make("div", {}, ...entries));
}
