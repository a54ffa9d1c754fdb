// Runs the counter's script with a window made of a few objects, and says what its event streams do. A browser has six
// connections to a site, and each stream takes one: six waiting pages in hidden windows would leave none.
// Argument: the script. Exit code 1 if something is not so.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';

const source = readFileSync(process.argv[2], 'utf8');

/** Something that is listened to. */
class Listened {
  listeners = new Map();
  addEventListener(name, heard) {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), heard]);
  }
  removeEventListener(name, heard) {
    this.listeners.set(name, (this.listeners.get(name) ?? []).filter((one) => one !== heard));
  }
  tell(name, event = {}) {
    (this.listeners.get(name) ?? []).forEach((heard) => heard(event));
  }
}

/** A page that waits for a verdict; `open` are its streams. */
function page(hidden) {
  const open = new Set();
  class EventSource extends Listened {
    constructor(address) {
      super();
      this.address = address;
      open.add(this);
    }
    close() {
      open.delete(this);
    }
  }
  const form = new Listened();
  form.requestSubmit = () => form.tell('submit');
  const waiting = { dataset: { events: '/counter/1/events', seconds: '300' }, querySelector: () => form };
  const elements = { waiting, left: { textContent: '300' } };
  const document = Object.assign(new Listened(), { hidden, getElementById: (id) => elements[id] ?? null });
  const window = new Listened();
  let reloads = 0;
  runInNewContext(source, {
    document,
    EventSource,
    addEventListener: window.addEventListener.bind(window),
    location: { reload: () => (reloads += 1) },
    performance: { now: () => 0 },
    setInterval: () => 0,
  });
  const shows = (hides) => {
    document.hidden = hides;
    document.tell('visibilitychange');
  };
  return { open, form, window, document, shows, reloads: () => reloads };
}

const seen = page(false);
assert.equal(seen.open.size, 1, 'a page that is seen listens');
assert.equal([...seen.open][0].address, '/counter/1/events');
seen.shows(true);
assert.equal(seen.open.size, 0, 'a page that is hidden closes its stream');
seen.shows(false);
seen.shows(false);
assert.equal(seen.open.size, 1, 'a page that is seen again has one stream');
seen.window.tell('pagehide');
assert.equal(seen.open.size, 0, 'a page that is left closes its stream');
seen.window.tell('pageshow');
assert.equal(seen.open.size, 1, 'a page that is gone back to listens');
[...seen.open][0].tell('verdict');
assert.deepEqual([seen.open.size, seen.reloads()], [0, 1], 'a verdict ends it and is looked at');

const behind = page(true);
assert.equal(behind.open.size, 0, 'a page that was opened behind others does not listen');
behind.shows(false);
assert.equal(behind.open.size, 1);
behind.form.tell('submit');
behind.shows(true);
behind.shows(false);
assert.equal(behind.open.size, 0, 'a request that is taken back is not waited for');

const escaped = page(false);
escaped.document.tell('keydown', { key: 'a' });
assert.equal(escaped.open.size, 1, 'a letter takes nothing back');
escaped.document.tell('keydown', { key: 'Escape' });
assert.equal(escaped.open.size, 0, 'Escape takes the request back');
