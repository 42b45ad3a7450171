// The page of one world: what it shows is asked again after each act, each request, and now and then.

import * as clock from "./clock.js";
import { say } from "./control.js";
import * as faults from "./faults.js";
import * as journal from "./journal.js";
import * as lists from "./lists.js";

const EVERY_MILLISECONDS = 2000;

async function changed() {
  await Promise.all([clock.refresh(), faults.refresh(changed), lists.refresh(changed)]);
}

async function look() {
  if (!document.hidden) {
    try {
      await changed();
    } catch (error) {
      say(`The harness does not answer: ${error.message}`, true);
    }
  }
  setTimeout(look, EVERY_MILLISECONDS);
}

clock.start(changed);
faults.start(changed);
lists.start(changed);
look();
journal.start(changed).catch((error) => say(error.message, true));
