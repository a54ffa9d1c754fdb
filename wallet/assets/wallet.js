// Without this file everything works too: pages that wait have a link and refresh themselves.
"use strict";

// A page that waits asks how far the work is, and shows the end as soon as it is there.
const waiting = document.querySelector("[data-poll]");
if (waiting) {
  const look = async () => {
    try {
      const answer = await fetch(waiting.dataset.poll, { cache: "no-store" });
      const { state } = await answer.json();
      if (state === "working") {
        setTimeout(look, 200);
        return;
      }
    } catch {
      // The program ended, or the answer is a page: what is there now says it.
    }
    location.reload();
  };
  setTimeout(look, 150);
}

// A code that no counter takes any more does not stay on the screen.
const code = document.getElementById("code");
if (code) {
  setTimeout(() => location.reload(), Number(code.dataset.seconds) * 1000);
}

// A wallet that locked itself must not stay readable in a window that nobody looks at.
const idle = document.getElementById("idle");
if (idle) {
  setTimeout(() => location.assign("/"), (Number(idle.dataset.seconds) + 2) * 1000);
}
