// The journal as it grows: one request waits for the next entry, as long as somebody looks.

import { ask, attempt, element, instant, make, say } from "./control.js";

const SHOWN = 200;
const WAIT_SECONDS = 20;
const PAUSE_MILLISECONDS = 2000;
let last = 0;

function line(entry) {
  const item = make("li", "", { "data-number": entry.number });
  const summary = make("summary");
  const good = entry.status !== null && entry.status < 400;
  const asked = entry.operation ?? `${entry.method} ${entry.path}`;
  summary.append(
    make("span", `#${entry.number}`, { class: "faint" }),
    make("time", instant(entry.at), { datetime: instant(entry.at) }),
    make("strong", asked),
    make("span", entry.status ?? "no answer", { class: good ? "good" : "bad" }),
  );
  for (const name of ["refusal", "user", "session", "fault"]) {
    if (entry[name]) summary.append(make("span", `${name}: ${entry[name]}`));
  }
  const details = make("details");
  const { request, response, path, request_id, seconds } = entry;
  const told = { path, request, response, request_id, seconds };
  details.append(summary, make("pre", JSON.stringify(told, null, 2)));
  item.append(details);
  return item;
}

function take(entries) {
  const list = element("journal");
  for (const entry of entries.slice(-SHOWN)) list.prepend(line(entry));
  while (list.children.length > SHOWN) list.lastChild.remove();
  last = entries.at(-1)?.number ?? last;
}

export function empty() {
  element("journal").replaceChildren();
}

const looked = () =>
  new Promise((resolve) => {
    if (!document.hidden) resolve();
    else document.addEventListener("visibilitychange", () => resolve(looked()), { once: true });
  });

const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));

async function follow(changed) {
  for (;;) {
    await looked();
    try {
      const path = `journal/wait?after=${last}&seconds=${WAIT_SECONDS}`;
      const { entries, waited_seconds } = await ask("GET", path);
      if (entries.length) {
        take(entries);
        await changed();
      } else if (waited_seconds < WAIT_SECONDS) {
        await pause(); // so many pages wait that this one may not
      }
    } catch (error) {
      say(`The journal cannot be read: ${error.message}`, true);
      await pause();
    }
  }
}

export async function start(changed) {
  element("forget").addEventListener("click", () =>
    attempt(async () => {
      await ask("DELETE", "journal");
      empty();
      return "The journal is empty.";
    }));
  const { entries } = await ask("GET", "journal");
  take(entries);
  follow(changed);
}
