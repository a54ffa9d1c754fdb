// Saves a reload while waiting, counts the seconds, and keeps what a scanner types in its field. The page works without.
"use strict";

const waiting = document.getElementById("waiting");
if (waiting) {
  // A browser has six connections to a site, and each stream takes one: a page that nobody sees goes without.
  let events = null;
  const ignore = () => {
    events?.close();
    events = null;
  };
  const listen = () => {
    if (events) return;
    events = new EventSource(waiting.dataset.events);
    events.addEventListener("verdict", () => {
      ignore();
      location.reload();
    });
  };
  const look = () => (document.hidden ? ignore() : listen());
  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", ignore);
  addEventListener("pageshow", look);
  look();
  // Taking the request back ends it too, and so does beginning another; the browser is already on its way.
  const leave = () => {
    document.removeEventListener("visibilitychange", look);
    ignore();
  };
  const cancel = waiting.querySelector("form");
  cancel.addEventListener("submit", leave);
  document.getElementById("code")?.form.addEventListener("submit", leave);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") cancel.requestSubmit();
  });
  const left = document.getElementById("left");
  const words = left.textContent;
  const seconds = Number(waiting.dataset.seconds);
  const until = performance.now() + seconds * 1000;
  setInterval(() => {
    const now = Math.max(0, Math.round((until - performance.now()) / 1000));
    left.textContent = words.replace(String(seconds), String(now));
  }, 1000);
}

const screen = document.getElementById("screen");
if (screen) {
  // The citizen's screen looks again when its window shows something else, or when its session has ended.
  const look = async () => {
    try {
      const answer = await fetch(screen.dataset.state);
      if (answer.redirected || (answer.ok && (await answer.json()).now !== screen.dataset.now)) {
        location.reload();
        return;
      }
    } catch {
      // The counter is away for a moment; the next look tells.
    }
    setTimeout(look, 1000);
  };
  setTimeout(look, 1000);
}

const field = document.getElementById("code");
if (field) {
  // The verdict's heading stays in view.
  field.focus({ preventScroll: true });
  document.addEventListener("keydown", (event) => {
    const typed = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.altKey && !event.metaKey;
    const elsewhere = event.target instanceof Element && event.target.closest("input, select, textarea");
    if (typed && !elsewhere) {
      field.focus();
    }
  });
}
