// The faults of the world: what is to go wrong.

import { ask, attempt, button, element, make, show } from "./control.js";

const TEXTS = ["operation", "user"];
const COUNTS = ["nth", "skip", "times"];

function line(rule, changed) {
  const item = make("li");
  const matched = Object.entries(rule.match).map(([name, value]) => `${name} ${value}`);
  item.append(
    make("span", `#${rule.id} ${matched.join(", ") || "every request"}`),
    make("code", JSON.stringify(rule.effect)),
    make("span", `met ${rule.met}, fired ${rule.fired}`, { class: "faint" }),
    button("Remove", `Remove fault ${rule.id}`, () =>
      attempt(async () => {
        await ask("DELETE", `faults/${rule.id}`);
        return `Fault ${rule.id} is removed.`;
      }, changed)),
  );
  return item;
}

export async function refresh(changed) {
  const { faults } = await ask("GET", "faults");
  show("faults", faults, (rules) =>
    rules.length ? rules.map((rule) => line(rule, changed)) : [make("li", "None: all is well.")]);
}

export function start(changed) {
  const form = element("fault");
  const { elements } = form;
  elements.example.addEventListener("change", () => {
    elements.effect.value = elements.example.value;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      const match = {};
      for (const name of TEXTS) {
        if (elements[name].value) match[name] = elements[name].value;
      }
      for (const name of COUNTS) {
        if (elements[name].value) match[name] = Number(elements[name].value);
      }
      let effect;
      try {
        effect = JSON.parse(elements.effect.value);
      } catch {
        throw new Error("The effect is not JSON.");
      }
      const rule = await ask("POST", "faults", { match, effect });
      return `Fault ${rule.id} is added.`;
    }, changed);
  });
}
