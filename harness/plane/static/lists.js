// Sessions, identities, snapshots and worlds.

import { ask, attempt, button, element, instant, make, show } from "./control.js";
import { empty } from "./journal.js";

function row(cells) {
  const made = make("tr");
  for (const cell of cells) {
    const place = make("td");
    place.append(cell ?? "");
    made.append(place);
  }
  return made;
}

async function sessions(changed) {
  const found = await ask("GET", "sessions");
  show("sessions", found.sessions, (lines) =>
    lines.map((line) =>
      row([
        make("code", line.session),
        line.username,
        line.dialect,
        line.client_id,
        instant(line.opened_at),
        instant(line.expires_at),
        button("End", `End session ${line.session} of ${line.username}`, () =>
          attempt(async () => {
            await ask("POST", "actions", { end_session: line.session });
            return `Session ${line.session} has ended.`;
          }, changed)),
      ])));
}

async function identities() {
  const { users, clients } = await ask("GET", "identities");
  show("users", users, (lines) =>
    lines.map((user) =>
      row([
        user.username,
        user.email,
        make("code", user.password),
        make("code", (user.api_keys ?? []).join(" ")),
        [...(user.roles ?? []), ...(user.permissions ?? [])].join(", "),
      ])));
  show("clients", clients, (lines) =>
    lines.map((client) => row([client.client_id, client.name, make("code", client.secret)])));
}

async function snapshots(changed) {
  const found = await ask("GET", "snapshots");
  show("snapshots", found.snapshots, (names) =>
    names.map((name) => {
      const item = make("li");
      const restore = () =>
        attempt(async () => {
          await ask("PUT", `snapshots/${encodeURIComponent(name)}`);
          return `Snapshot ${name} is restored.`;
        }, changed);
      item.append(make("span", name), button("Restore", `Restore snapshot ${name}`, restore));
      return item;
    }));
}

const base = () => location.pathname.replace(/\/$/, "");
const port = (url) => url.port || "80";
const isHere = (world) => {
  const control = new URL(world.control);
  return control.pathname === base() && port(control) === port(location);
};

function worldLine(world, changed) {
  const item = make("li");
  const link = make("a", world.name, { href: `${world.control}/` });
  if (isHere(world)) link.setAttribute("aria-current", "page");
  item.append(link, make("code", world.url));
  if (world.name !== "default" && !isHere(world)) {
    item.append(
      button("Throw away", `Throw world ${world.name} away`, () =>
        attempt(async () => {
          await ask("DELETE", `worlds/${encodeURIComponent(world.name)}`);
          return `World ${world.name} is gone.`;
        }, changed)));
  }
  return item;
}

async function worlds(changed) {
  const found = await ask("GET", "worlds");
  show("worlds", found.worlds, (all) => all.map((world) => worldLine(world, changed)));
  const here = found.worlds.find(isHere);
  element("world").textContent = here?.name ?? "unknown";
  element("url").textContent = here?.url ?? location.origin;
}

export async function refresh(changed) {
  await Promise.all([sessions(changed), identities(), snapshots(changed), worlds(changed)]);
}

export function start(changed) {
  element("reset").addEventListener("click", () =>
    attempt(async () => {
      await ask("POST", "reset");
      empty();
      return "The world is as its seed says.";
    }, changed));
  element("keep").addEventListener("submit", (event) => {
    event.preventDefault();
    const { name } = event.target.elements;
    attempt(async () => {
      await ask("POST", `snapshots/${encodeURIComponent(name.value)}`);
      return `Snapshot ${name.value} is kept.`;
    }, changed);
  });
  element("make-world").addEventListener("submit", (event) => {
    event.preventDefault();
    const { name } = event.target.elements;
    attempt(async () => {
      const world = await ask("POST", "worlds", name.value ? { name: name.value } : {});
      return `World ${world.name} is made.`;
    }, changed);
  });
}
