// Text boxes: Enter sends, and a list offers completions.

import { make } from "./elements.js";

let pressing = false;
for (const [name, value] of [["pointerdown", true], ["pointerup", false], ["pointercancel", false]]) {
  document.addEventListener(name, () => { pressing = value; }, true);
}

/** Enter sends, Shift+Enter starts a new line, as in the chats. */
export function sendsOnEnter(form) {
  form.elements.text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.defaultPrevented) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector("[type=submit]"));
  });
}

/**
 * Offers what `ask` finds for the text so far. Arrows choose, Enter or Tab takes, Escape closes the list.
 * After a space nothing is chosen, so Enter sends; also if the choice would not change the text.
 */
export function completing(input, list, ask, take) {
  let choices = [], current = -1, asked = 0;
  const show = (found) => {
    choices = found;
    current = found.length && !input.value.endsWith(" ") ? 0 : -1;
    list.replaceChildren(...found.map((choice, index) => make("li", {
      role: "option", id: `${list.id}-${index}`,
      mousedown: (event) => { event.preventDefault(); choose(index); },
    }, make("b", {}, choice.label), choice.note ? make("small", {}, choice.note) : "")));
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    mark();
  };
  const mark = () => {
    [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === current)));
    if (current < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", list.children[current].id);
    list.children[current]?.scrollIntoView({ block: "nearest" });
  };
  const choose = (index) => { const choice = choices[index]; show([]); take(choice); };
  const look = async () => {
    const number = ++asked, found = await ask(input.value).catch(() => []);
    if (number === asked) show(found);
  };
  input.addEventListener("input", look);
  input.addEventListener("blur", () => {
    asked += 1;
    // What is pressed below the list would move away under the pointer, and hear of no click.
    if (pressing) document.addEventListener("pointerup", () => setTimeout(() => show([])), { once: true });
    else show([]);
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const takes = current >= 0 && choices[current].text.trim() !== input.value.trim();
    if (list.hidden) return;
    if (step) { current = (Math.max(current + step, -1) + choices.length) % choices.length; mark(); }
    else if (event.key === "Enter" && takes) choose(current);
    else if (event.key === "Tab" && current >= 0) choose(current);
    else if (event.key === "Escape") show([]);
    else return;
    event.preventDefault();
  });
  return { look, close: () => { asked += 1; show([]); } };
}
