// The clock of the world. Between two answers the page counts on by itself.

import { ask, attempt, element, instant } from "./control.js";

let answered = null;
let since = 0;

function take(clock) {
  answered = clock;
  since = performance.now();
  element("clock-freeze").textContent = clock.frozen ? "Thaw" : "Freeze";
  element("pace").textContent = clock.frozen ? "stands still" : `runs at rate ${clock.rate}`;
  draw();
}

function draw() {
  if (answered !== null) {
    const rate = answered.frozen ? 0 : answered.rate;
    const now = answered.now + ((performance.now() - since) / 1000) * rate;
    element("time").textContent = instant(now);
    element("time").setAttribute("datetime", instant(now));
  }
}

function told(due) {
  const parts = Object.entries(due).filter(([, count]) => count > 0);
  const ended = parts.map(([name, count]) => `${name}: ${count}`).join(", ");
  return ended ? `The clock is turned. Came due: ${ended}.` : "The clock is turned. Nothing came due.";
}

export async function refresh() {
  take(await ask("GET", "clock"));
}

export function start(changed) {
  const turn = (how) =>
    attempt(async () => {
      const clock = await ask("PUT", "clock", how);
      take(clock);
      return told(clock.due);
    }, changed);

  element("clock-now").addEventListener("click", () =>
    turn({ now: Date.now() / 1000, rewind: true }));
  element("clock-freeze").addEventListener("click", () => turn({ frozen: !answered?.frozen }));
  for (const each of document.querySelectorAll("button[data-seconds]")) {
    each.addEventListener("click", () => turn({ advance_seconds: Number(each.dataset.seconds) }));
  }
  element("clock-set").addEventListener("submit", (event) => {
    event.preventDefault();
    const { when, rewind } = event.target.elements;
    turn({ now: `${when.value}Z`, rewind: rewind.checked });
  });
  setInterval(draw, 250);
}
