// Saves a reload while waiting, counts the seconds, and keeps what a scanner types in its field. The page works without.
"use strict";

const waiting = document.getElementById("waiting");
if (waiting) {
  const events = new EventSource(waiting.dataset.events);
  events.addEventListener("verdict", () => {
    events.close();
    location.reload();
  });
  // Taking the request back ends it too, and the browser is already on its way.
  waiting.querySelector("form").addEventListener("submit", () => events.close());
  const left = document.getElementById("left");
  const words = left.textContent;
  const seconds = Number(waiting.dataset.seconds);
  const until = performance.now() + seconds * 1000;
  setInterval(() => {
    const now = Math.max(0, Math.round((until - performance.now()) / 1000));
    left.textContent = words.replace(String(seconds), String(now));
  }, 1000);
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
