// The control plane of this page's world, and small helpers for its elements.

export const element = (id) => document.getElementById(id);

export function say(text, bad = false) {
  const said = element("said");
  said.classList.toggle("bad", bad);
  said.textContent = text;
}

/** One request. Its answer, or an Error with the title and the places of the problem details. */
export async function ask(method, path, body) {
  const options = { method };
  if (body !== undefined) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  const response = await fetch(path, options);
  const text = await response.text();
  const answer = text ? JSON.parse(text) : {};
  if (!response.ok) {
    const places = (answer.faults ?? []).map((fault) => `${fault.place} ${fault.text}`);
    throw new Error([answer.title, ...places].join("; "));
  }
  return answer;
}

/** Do what somebody asked for, and say how it went. `after` is run when it went well. */
export async function attempt(act, after) {
  try {
    const text = await act();
    say(text ?? "");
    await after?.();
  } catch (error) {
    say(error.message, true);
  }
}

export function make(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text ?? "";
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  return made;
}

export function button(text, label, act) {
  const made = make("button", text, { type: "button", "aria-label": label });
  made.addEventListener("click", act);
  return made;
}

const shown = new Map();

/** Replace the children of an element, but only if `data` is not what it shows. */
export function show(id, data, children) {
  const now = JSON.stringify(data);
  if (shown.get(id) !== now) {
    shown.set(id, now);
    const place = element(id);
    const before = focusables(place);
    const index = before.indexOf(document.activeElement);
    const name = index < 0 ? null : nameOf(before[index]);
    place.replaceChildren(...children(data));
    if (index >= 0) focusAgain(place, name, index);
  }
}

const focusables = (place) => [...place.querySelectorAll("a, button")];
const nameOf = (each) => each.getAttribute("aria-label") ?? each.textContent;

/** Who uses the keyboard goes on where they were, else at the neighbour, else at the part of the page. */
function focusAgain(place, name, index) {
  const now = focusables(place);
  const same = now.find((each) => nameOf(each) === name);
  const next = same ?? now[Math.min(index, now.length - 1)] ?? place.closest("section");
  next.focus({ preventScroll: true });
}

export const instant = (seconds) => new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
