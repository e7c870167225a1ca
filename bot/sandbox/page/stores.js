// The left side: the stores, as their vendors show them.

import { sendsOnEnter } from "./completion.js";
import { button, fill, find, make, time } from "./elements.js";
import { act, changed, part, shown, markDone, attempt } from "./state.js";

const stores = find("#stores"), newTicket = find("#stores .new"), letter = find("#stores .composer");

export function renderStores() {
  const shops = part("stores", []), links = part("links", {});
  shown.store ??= shops[0]?.name;
  fill(find(".tabs", stores), shops.map((shop) => ({
    key: shop.name, ...shop, current: shop.name === shown.store,
    waits: part(`tickets/${shop.name}`, []).filter((ticket) => ticket.waits).length,
  })), storeTab);
  const tickets = part(`tickets/${shown.store}`, []);
  if (!shown.ticket && tickets.length) chooseTicket(tickets[0].id);
  fill(find(".list", stores), [{ key: "new", current: shown.writing }, ...tickets.map((ticket) => ({
    key: ticket.id, ...ticket, number: links[`${shown.store}/${ticket.id}`]?.number,
    current: ticket.id === shown.ticket && !shown.writing,
  }))], ticketEntry);
  newTicket.hidden = !shown.writing;
  find(".place", stores).hidden = shown.writing;
  renderTicket(part(`ticket/${shown.store}/${shown.ticket}`, null), links[`${shown.store}/${shown.ticket}`]);
}

function storeTab(shop) {
  const waits = shop.waits ? make("span", { class: "count", title: "waiting for an answer" }, String(shop.waits)) : "";
  return button("", () => { Object.assign(shown, { store: shop.name, ticket: null, writing: false }); changed(); }, {
    "aria-pressed": String(shop.current),
    title: `Threads in #${shop.discord} (Discord) and #${shop.slack} (Slack)`,
  }, make("b", {}, shop.name), make("small", {}, shop.vendor), waits);
}

function ticketEntry(ticket) {
  if (ticket.key === "new") return make("li", {}, button("+ New ticket", () => writeNew(true), { class: "add" }));
  const state = ticket.closed ? "closed" : ticket.waits ? "waits" : "open";
  return make("li", {}, button("", () => { writeNew(false); chooseTicket(ticket.id); changed(); }, {
    "aria-current": ticket.current ? "true" : null, class: "entry",
  }, badge(state), make("span", { class: "name" }, `${ticket.customer} · ${ticket.subject}`),
  make("small", {}, ticket.number ? `#${ticket.number}` : "new")));
}

const badge = (state) => make("span", { class: `badge ${state}` }, state === "waits" ? "waits for us" : state);

/** Shows a ticket, and its threads in both chats as soon as they exist. */
function chooseTicket(id) {
  shown.ticket = id;
  const key = `${shown.store}/${id}`;
  shown.awaited = { discord: key, slack: key };
}

function writeNew(yes) {
  shown.writing = yes;
  changed();
  if (yes) newTicket.elements.subject.focus();
}

function renderTicket(ticket, link) {
  const head = ticket ? [{
    key: "head", ...ticket, messages: null, number: link?.number, store: shown.store,
  }] : [];
  fill(find(".head", stores), head, ticketHead);
  const messages = ticket?.messages ?? [];
  fill(find(".log", stores), messages.map((message) => ({ key: message.id, ...message })), vendorMessage);
  letter.hidden = !ticket;
}

function ticketHead(ticket) {
  const verb = ticket.closed ? "reopen" : "close";
  const about = [ticket.number && `#${ticket.number}`, ticket.name, ticket.email].filter(Boolean).join(" · ");
  return make("div", { class: "line" },
    make("div", { class: "title" }, make("b", {}, ticket.subject), make("small", {}, about)),
    badge(ticket.closed ? "closed" : "open"),
    button(ticket.closed ? "Reopen" : "Close", (event) => attempt(
      () => act(`stores/${verb}`, { store: ticket.store, ticket: ticket.id }), event.target,
    ), { title: "As a colleague, in the vendor’s own dashboard" }));
}

function vendorMessage(message) {
  const note = message.note ? " · internal note" : message.bridged ? " · from the chats" : "";
  const role = message.writer === "staff" && !message.bridged && !message.note ? " · in the dashboard" : note;
  return make("article", { class: `letter ${message.writer}${message.note ? " note" : ""}` },
    make("p", { class: "by" }, make("b", {}, message.name), `${role} · ${time(message.at)}`),
    make("p", { class: "text" }, message.text),
    ...message.files.map((name) => make("p", {}, `📎 ${name}`)));
}

newTicket.addEventListener("submit", (event) => {
  event.preventDefault();
  const { name, email, subject, text } = newTicket.elements;
  attempt(async () => {
    const fields = { name: name.value, email: email.value, subject: subject.value, text: text.value };
    const answer = await act("stores/open", { store: shown.store, ...fields });
    subject.value = text.value = "";
    chooseTicket(answer.ticket);
    writeNew(false);
    markDone("ask");
  }, event.submitter);
});
find(".cancel", newTicket).addEventListener("click", () => writeNew(false));

letter.addEventListener("submit", (event) => {
  event.preventDefault();
  const { who, text } = letter.elements;
  attempt(async () => {
    const answer = await act(`stores/${who.value}`, { store: shown.store, ticket: shown.ticket, text: text.value });
    text.value = "";
    if (answer.ticket && answer.ticket !== shown.ticket) chooseTicket(answer.ticket);
    if (who.value === "write") markDone("ask");
  }, event.submitter);
});

sendsOnEnter(letter);
