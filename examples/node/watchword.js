// Watchword's harness for a test run: a process, and a world for each test, all by HTTP.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

async function ask(method, url, body) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(url, { method, headers, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** The harness at WATCHWORD_URL, or a process of its own that ends with this one. */
export async function startWatchword() {
  const url = process.env.WATCHWORD_URL;
  if (url) return new Watchword(`${url}/__harness__`, () => {});
  const child = spawn("watchword", ["harness"], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit").then(() => {
    throw new Error("watchword harness has ended");
  });
  const lines = createInterface({ input: child.stdout });
  const [ready] = await Promise.race([once(lines, "line"), ended]);
  return new Watchword(JSON.parse(ready).control, () => child.kill());
}

class Watchword {
  constructor(control, stop) {
    this.control = control;
    this.stop = stop;
  }

  /** A world: its own identities, clock, faults and journal. `options` are those of POST worlds. */
  async world(options = {}) {
    const { name, url, control } = await ask("POST", `${this.control}/worlds`, options);
    return new World(url, control, `${this.control}/worlds/${name}`);
  }
}

class World {
  constructor(url, control, itself) {
    this.url = url;
    this.control = control;
    this.itself = itself;
  }

  tick(seconds) {
    return ask("PUT", `${this.control}/clock`, { advance_seconds: seconds });
  }

  addFault(match, effect) {
    return ask("POST", `${this.control}/faults`, { match, effect });
  }

  async count(wanted) {
    const { entries } = await ask("GET", `${this.control}/journal?${new URLSearchParams(wanted)}`);
    return entries.length;
  }

  close() {
    return ask("DELETE", this.itself);
  }
}
