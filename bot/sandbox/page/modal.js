// The form that one of the chats shows.

import { completing } from "./completion.js";
import { find, make } from "./elements.js";
import { act, part, markDone, attempt } from "./state.js";
import { blockElement } from "./message.js";

const dialog = find("#form"), modal = find("#form form");
let drawn = "", faults = { view: "", errors: {} };

const chat = () => (part("slack/modal", null) ? "slack" : "discord");

export function renderModal() {
  const form = part(`${chat()}/modal`, null), written = JSON.stringify(form);
  if (written === drawn) return;
  drawn = written;
  if (!form) { dialog.close(); return; }
  find("h3", modal).textContent = form.title;
  find(".fault", modal).textContent = "";
  find(".blocks", modal).replaceChildren(...form.blocks.map((block) => (block.kind === "input" ? field(form, block)
    : blockElement(block, (each, element) => attempt(
      () => act("slack/press", { place: "", view: form.id, button: each.id }), element)))));
  const [submit, cancel] = modal.querySelectorAll(".row:last-child button");
  submit.hidden = !form.submit;
  submit.textContent = form.submit;
  cancel.textContent = form.close;
  showFaults(form);
  if (!dialog.open) dialog.showModal();
  (find("input, textarea, select", modal) ?? cancel).focus();
}

/** Says beside each field what is wrong with it, also where the form is drawn again with what was sent. */
function showFaults(form) {
  for (const input of modal.querySelectorAll("[data-block]")) {
    const place = find(".fault", input.closest(".suggests") ?? input.closest("label"));
    place.textContent = (faults.view === form.id && faults.errors[input.dataset.block]) || "";
  }
}

function field(form, block) {
  const suggests = block.type === "external_select", isPerson = block.type === "users_select";
  const chooses = isPerson || ["static_select", "radio_buttons"].includes(block.type);
  const input = make(chooses ? "select" : block.multiline ? "textarea" : "input",
    { name: block.id, placeholder: block.placeholder, rows: "10", autocomplete: "off", "data-block": block.block },
    ...(isPerson ? [make("option", { value: "" }, "Choose somebody")] : []),
    ...(chooses ? block.options.map((option) => make("option", { value: option.value }, option.label)) : []));
  input.value = block.value;
  const fault = make("span", { class: "fault", role: "alert" });
  const hint = block.hint ? make("small", {}, block.hint) : "";
  if (!suggests) return make("label", {}, block.label, input, hint, fault);
  const list = make("ul", { class: "choices", role: "listbox", id: `${block.id}-choices`, hidden: true });
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id]]) {
    input.setAttribute(name, value);
  }
  const ask = async (text) => (await act("slack/suggest", { view: form.id, input: block.id, text })).choices.map(
    (choice) => ({ label: choice.label, text: choice.label, value: choice.text }));
  const box = completing(input, list, ask, (choice) => {
    input.value = choice.label;
    input.dataset.chosen = choice.value;
  });
  input.addEventListener("input", () => { delete input.dataset.chosen; });
  input.addEventListener("focus", () => { if (!input.value) box.look(); });
  return make("div", { class: "suggests" }, make("label", {}, block.label, input), list, fault);
}

modal.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = part(`${chat()}/modal`, null), values = {};
  for (const input of modal.querySelectorAll("[data-block]")) {
    const value = input.getAttribute("role") === "combobox" ? input.dataset.chosen : input.value;
    if (value !== undefined) values[input.name] = value;
  }
  event.submitter.disabled = true;
  act(`${chat()}/submit`, { view: form.id, values }).then((answer) => {
    faults = { view: form.id, errors: answer.errors };
    showFaults(form);
    if (!Object.keys(answer.errors).length && /close/i.test(form.title)) markDone("close");
  }).catch((error) => { find("p.fault", modal).textContent = error.message; })
    .finally(() => { event.submitter.disabled = false; });
});
const dismiss = () => attempt(() => act(`${chat()}/dismiss`, { view: part(`${chat()}/modal`, {}).id }));
dialog.addEventListener("cancel", (event) => { event.preventDefault(); dismiss(); });
find(".cancel", modal).addEventListener("click", dismiss);
