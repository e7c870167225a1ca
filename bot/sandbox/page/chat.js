// The middle and the right side: a chat as one person sees it.

import { completing, sendsOnEnter } from "./completion.js";
import { fill, find, button, make } from "./elements.js";
import { act, changed, part, shown, markDone, attempt } from "./state.js";
import { dismissed, messageElement } from "./message.js";

/** By chat: the place to which one of its addresses leads. */
const ADDRESSES = {
  discord: ({ host, pathname }) => (host.endsWith("discord.com") ? pathname.match(/^\/channels\/\d+\/(\d+)/)?.[1] : null),
  slack: ({ host, pathname, searchParams }) => {
    const found = host.endsWith(".slack.com") ? pathname.match(/^\/archives\/(\w+)(?:\/p(\d+)(\d{6}))?/) : null;
    const thread = searchParams.get("thread_ts") ?? (found?.[2] ? `${found[2]}.${found[3]}` : "");
    return found ? [found[1], thread].filter(Boolean).join("/") : null;
  },
};

/** One side of the page: a person's Discord or Slack client. */
export class Chat {
  constructor(name, title) {
    this.name = name;
    this.place = null;
    this.edited = null;
    this.section = find(`#${name}`);
    this.section.append(find("#chat").content.cloneNode(true));
    find("h2", this.section).append(title, " ", make("small"));
    this.composer = find(".composer", this.section);
    this.box = this.composer.elements.text;
    const list = find(".choices", this.section);
    list.id = `${name}-choices`;
    this.box.setAttribute("aria-controls", list.id);
    const ask = async (text) => (text.startsWith("/")
      ? (await act(`${name}/complete`, { place: this.place, text })).choices : []);
    this.completion = completing(this.box, list, ask, (choice) => {
      this.box.value = choice.text;
      if (/[ :]$/.test(choice.text)) this.completion.look();
    });
    this.section.addEventListener("click", (event) => this.follow(event));
    this.composer.addEventListener("submit", (event) => { event.preventDefault(); this.send(event.submitter); });
    this.box.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.edited && !event.defaultPrevented) this.stopEditing();
    });
    sendsOnEnter(this.composer);
  }

  places() { return part(`${this.name}/places`, []); }

  open(id) {
    if (id === "home") attempt(() => act(`${this.name}/home`, {}));
    if (this.edited) this.stopEditing();
    shown.awaited[this.name] = null; this.place = id; this.completion.close(); changed();
  }

  /** A link to a thread or channel opens it here: outside, nothing is at its address. */
  follow(event) {
    const link = event.target.closest("a[href]"), place = link && ADDRESSES[this.name](new URL(link.href));
    if (!place || !this.places().some((each) => each.id === place)) return;
    event.preventDefault();
    this.open(place);
  }

  /** Puts one of the person's own messages into the box; sending it then changes that message. */
  edit(message) {
    this.edited = message;
    this.box.value = message.written;
    this.completion.close();
    changed();
    this.box.focus();
  }

  stopEditing() {
    this.edited = null;
    this.box.value = "";
    changed();
  }

  send(press) {
    const text = this.box.value, place = this.places().find((each) => each.id === this.place), edited = this.edited;
    this.completion.close();
    if (edited) {
      return attempt(async () => {
        await act(`${this.name}/edit`, { place: edited.place, message: edited.id, text });
        this.stopEditing();
      }, press);
    }
    return attempt(async () => {
      this.box.value = "";
      await act(`${this.name}/type`, { place: this.place, text }).catch((error) => {
        this.box.value ||= text;
        throw error;
      });
      if (/^[/!]close/.test(text)) markDone("close");
      else if (place?.kind === "thread" && !/^([/!🔒]|note:)/u.test(text)) markDone("answer");
    }, press);
  }

  render() {
    const places = this.places(), linked = part("links", {})[shown.awaited[this.name]]?.[this.name];
    if (places.some((place) => place.id === linked)) { this.place = linked; shown.awaited[this.name] = null; }
    const open = places.find((place) => place.id === this.place) ?? places.find((place) => place.kind === "channel" || place.kind === "forum");
    if (!open) return;
    this.place = open.id;
    const me = part(this.name, {}).me, channel = open.parent ?? open.id;
    find("h2 small", this.section).textContent = `as ${me}`;
    const channels = places.filter((place) => place.kind !== "thread");
    fill(find(".tabs", this.section), channels.map((place) => ({
      key: place.id, kind: place.kind, name: place.name, current: place.id === channel,
    })), (place) => this.tab(place));
    const threads = places.filter((place) => place.parent === channel).sort((a, b) => b.at - a.at);
    fill(find(".list", this.section), threads.map((place) => ({
      key: place.id, ...place, at: 0, current: place.id === open.id,
    })), (place) => this.entry(place));
    fill(find(".head", this.section), [{ key: open.id, ...open, at: 0 }], (place) => this.head(place));
    const messages = part(`${this.name}/place/${open.id}`, []).filter((message) => !dismissed.has(message.id));
    const log = find(".log", this.section), moved = log.dataset.place !== open.id;
    log.dataset.place = open.id;
    fill(log, messages.map((message) => ({ key: message.id, ...message })), (message) => messageElement(message, this));
    if (moved) log.scrollTop = open.kind === "home" ? 0 : log.scrollHeight;
    this.composer.hidden = open.kind === "forum" || open.kind === "home";
    find(".editing", this.composer).hidden = !this.edited;
    find(".primary", this.composer).textContent = this.edited ? "Save" : "Send";
    this.box.placeholder = `${open.kind === "thread" ? "Answer" : "Write"} as ${me}, or type / for commands`;
    this.box.setAttribute("aria-label", `${this.box.placeholder}: ${open.name}`);
  }

  tab(place) {
    return button(`${{ forum: "🗂", home: "🏠" }[place.kind] ?? "#"} ${place.name}`, () => this.open(place.key),
      { "aria-pressed": String(place.current) });
  }

  entry(place) {
    return make("li", {}, button("", () => this.open(place.id), {
      "aria-current": place.current ? "true" : null, class: `entry${place.archived ? " archived" : ""}`,
    }, make("span", { class: "name" }, place.name), ...this.tags(place)));
  }

  head(place) {
    const note = { forum: "A forum: the bot opens a post for each ticket.", channel: "", home: "What waits for you, and what is yours." }[place.kind]
      ?? (place.archived ? "Archived. Writing in it opens it again." : "");
    return make("div", { class: "line" }, make("div", { class: "title" },
      make("b", {}, (place.kind === "channel" ? "# " : "") + place.name), note ? make("small", {}, note) : ""),
    ...this.tags(place));
  }

  tags(place) {
    const words = (place.tags ?? []).map((tag) => tag.toLowerCase());
    if (place.archived) words.push("archived");
    return words.map((word) => make("span", { class: `badge ${word}` }, word));
  }
}
