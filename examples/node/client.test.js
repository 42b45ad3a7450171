import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { Client } from "./client.js";
import { startWatchword } from "./watchword.js";

const LOGIN = ["komi@example.com", "demonstration-of-session"];
const HOUR = 3600;
let watchword;
let world;

before(async () => {
  watchword = await startWatchword();
});
after(() => watchword.stop());
beforeEach(async () => {
  world = await watchword.world({ now: "2027-03-28T00:59:50Z" });
});
afterEach(() => world.close());

test("an expired token is refreshed once", async () => {
  const client = new Client(world.url, ...LOGIN);
  await client.fetch();
  await world.tick(HOUR);
  assert.equal((await client.fetch()).email, "komi@example.com");
  assert.equal(await world.count({ operation: "PUT /session", status: 200 }), 1);
});

test("a lost answer costs nobody the session", async () => {
  const client = new Client(world.url, ...LOGIN);
  await client.fetch();
  // committed, never answered
  await world.addFault({ operation: "PUT /session", nth: 1 }, { disconnect: "after" });
  await world.tick(HOUR);
  await client.fetch();
  assert.equal(await world.count({ operation: "PUT /session" }), 2);
  assert.equal(await world.count({ operation: "POST /session" }), 1);
});
