// "Check it yourself": is this entry in the log that was signed? Nothing but fetched bytes and this browser's own hashing.
"use strict";
(() => {
  const button = document.getElementById("check");
  if (!button) return;
  const report = document.getElementById("check-report");
  const running = document.getElementById("check-running");
  const TILE = 256;
  const HASH = 32;

  /** Something that the reader is told as a step, not as a failure of this script. */
  class Stop extends Error {
    constructor(step, outcome) { super(step); this.step = step; this.outcome = outcome; }
  }

  const step = (name, fill = {}) => {
    const item = report.querySelector(`[data-step="${name}"]`);
    for (const [key, value] of Object.entries(fill)) item.querySelector(`[data-fill="${key}"]`).textContent = value;
    item.hidden = false;
  };
  const verdict = (outcome) => {
    report.querySelector(`[data-verdict="${outcome}"]`).hidden = false;
    button.dataset.checked = outcome;
  };
  const clear = () => {
    for (const item of report.querySelectorAll("[data-step], [data-verdict]")) item.hidden = true;
  };

  // Bytes.
  const text = new TextEncoder();
  const fromBase64 = (line) => Uint8Array.from(atob(line), (c) => c.charCodeAt(0));
  const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));
  const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
  const joined = (...parts) => {
    const all = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
    parts.reduce((at, part) => { all.set(part, at); return at + part.length; }, 0);
    return all;
  };
  const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
  const leafHash = (entry) => sha256(Uint8Array.of(0), entry);
  const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);

  /** The path that the site is reached under: this script is two steps below it. */
  const base = new URL("..", document.currentScript.src).pathname.replace(/\/$/, "");

  /** Never from the browser's cache: what is asked is what this site says now. */
  const fetched = async (path) => {
    const answer = await fetch(base + path, { cache: "no-store" });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  };

  /** The newest checkpoint: its text, size, root and signature lines (C2SP signed-note, tlog-checkpoint). */
  const checkpoint = async () => {
    const note = new TextDecoder().decode(await fetched("/checkpoint"));
    const end = note.indexOf("\n\n");
    const [origin, size, root] = note.slice(0, end).split("\n");
    const lines = note.slice(end + 2).split("\n").filter((line) => line.startsWith("\u2014 "));
    const signatures = lines.map((line) => {
      const [name, payload] = line.slice(2).split(" ");
      return { name, bytes: fromBase64(payload) };
    });
    const count = Number(size);
    if (end < 0 || !Number.isSafeInteger(count)) throw new Error("/checkpoint");
    return { text: note.slice(0, end + 1), origin, size: count, root: fromBase64(root), signatures };
  };

  /** "yes", "no", or "unable" where the browser has no Ed25519. */
  const signed = async (note, genesis) => {
    const raw = fromBase64(genesis.log_key);
    let key;
    try {
      key = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
    } catch {
      return "unable";
    }
    const id = (await sha256(text.encode(`${genesis.origin}\n`), Uint8Array.of(1), raw)).slice(0, 4);
    const mine = note.signatures.filter(({ name, bytes }) =>
      name === genesis.origin && bytes.length === 68 && same(bytes.slice(0, 4), id));
    for (const { bytes } of mine) {
      if (await crypto.subtle.verify("Ed25519", key, bytes.slice(4), text.encode(note.text))) return "yes";
    }
    return "no";
  };

  /** `tile/<level>/<index>[.p/<width>]` with the index in groups of three digits. */
  const tilePath = (level, index, width) => {
    const digits = String(index);
    const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
    const groups = padded.match(/.{3}/g);
    const last = groups.pop();
    const number = groups.map((group) => `x${group}/`).join("") + last;
    return `/tile/${level}/${number}${width === TILE ? "" : `.p/${width}`}`;
  };

  /** Hashes of a log of `size` entries from its tiles; each tile is fetched once. */
  class Tiles {
    constructor(size) { this.size = size; this.known = new Map(); }
    async tile(level, index) {
      const count = Math.floor(this.size / TILE ** level);
      const width = Math.min(TILE, count - index * TILE);
      const path = tilePath(level, index, width);
      if (!this.known.has(path)) this.known.set(path, fetched(path));
      const bytes = await this.known.get(path);
      if (bytes.length !== width * HASH) throw new Error(path);
      return bytes;
    }
    /** Root of the complete subtree over entries `from .. from + 2^height`. */
    async subtree(from, height) {
      const level = Math.floor(height / 8);
      const place = from / TILE ** level;
      const bytes = await this.tile(level, Math.floor(place / TILE));
      const first = place % TILE;
      let hashes = Array.from({ length: 2 ** (height % 8) }, (_, i) =>
        bytes.slice((first + i) * HASH, (first + i + 1) * HASH));
      while (hashes.length > 1) {
        const pairs = hashes.filter((_, i) => i % 2 === 0).map((left, i) => nodeHash(left, hashes[2 * i + 1]));
        hashes = await Promise.all(pairs);
      }
      return hashes[0];
    }
  }

  /**
   * RFC 6962 root over `from .. to`, with `leaf` as the hash of entry `index`; and the root over the part of it before
   * `old`, made of the same hashes, so that both roots are about one history.
   */
  const roots = async (tiles, leaf, index, old, from, to) => {
    const count = to - from;
    const whole = count === 2 ** Math.round(Math.log2(count));
    const mine = index >= from && index < to;
    const cut = old > from && old < to;
    if (count === 1 || (whole && !mine && !cut)) {
      const hash = mine ? leaf : await tiles.subtree(from, Math.round(Math.log2(count)));
      return { now: hash, then: old >= to ? hash : null };
    }
    const middle = from + 2 ** (Math.ceil(Math.log2(count)) - 1);
    const left = await roots(tiles, leaf, index, old, from, middle);
    const right = await roots(tiles, leaf, index, old, middle, to);
    const then = right.then === null ? left.then : await nodeHash(left.then, right.then);
    return { now: await nodeHash(left.now, right.now), then };
  };

  // What this browser saw when it checked last. Another key is another ledger, whatever its name.
  const place = ({ log_key }) => `yong.checkpoint.${log_key}`;
  const remembered = (genesis) => {
    try { return JSON.parse(localStorage.getItem(place(genesis))); } catch { return null; }
  };
  const remember = (genesis, { size, root }) => {
    const seen = JSON.stringify({ size, root: toBase64(root) });
    try { localStorage.setItem(place(genesis), seen); } catch { /* A browser may forbid it. */ }
  };

  const signature = async (note, genesis) => {
    const outcome = genesis.origin === note.origin ? await signed(note, genesis) : "no";
    step(`signature-${outcome}`, outcome === "yes" ? { key: genesis.log_key } : {});
    if (outcome === "no") throw new Stop(null, "no");
  };

  const grown = (note, before, then) => {
    if (!before) return step("grown-first");
    const holds = before.size <= note.size && then !== null && toBase64(then) === before.root;
    step(holds ? "grown-yes" : "grown-no", { before: before.size });
    if (!holds) throw new Stop(null, "no");
    return undefined;
  };

  const check = async (index) => {
    if (!globalThis.crypto?.subtle) throw new Stop("insecure", "unable");
    const note = await checkpoint();
    step("checkpoint", { size: note.size, root: toBase64(note.root) });
    const genesis = JSON.parse(new TextDecoder().decode(await fetched("/genesis")));
    await signature(note, genesis);
    if (index >= note.size) throw new Stop("beyond", "unable");
    const leaf = await leafHash(await fetched(`/entry/${index}`));
    step("entry", { leaf: toBase64(leaf) });
    const before = remembered(genesis);
    const tiles = new Tiles(note.size);
    const old = before && before.size <= note.size ? before.size : 0;
    const { now, then } = await roots(tiles, leaf, index, old, 0, note.size);
    const equal = same(now, note.root);
    step(equal ? "root-yes" : "root-no", equal ? { tiles: tiles.known.size } : { computed: toBase64(now) });
    if (!equal) throw new Stop(null, "no");
    grown(note, before, then);
    remember(genesis, note);
  };

  button.addEventListener("click", async () => {
    clear();
    button.disabled = true;
    button.dataset.checked = "running";
    running.hidden = false;
    try {
      await check(Number(button.dataset.index));
      verdict("yes");
    } catch (error) {
      if (!(error instanceof Stop)) step("failed", { reason: error.message });
      else if (error.step) step(error.step);
      verdict(error instanceof Stop ? error.outcome : "unable");
    }
    running.hidden = true;
    button.disabled = false;
  });
  button.hidden = false;
})();
