// Shows how far an offer or a list has come. Without it, the page's own link shows the same.
"use strict";

const watched = document.querySelector("[data-poll]");

async function look() {
  let again = true;
  try {
    const answer = await fetch(watched.dataset.poll, { headers: { accept: "application/json" } });
    if (answer.redirected || answer.status === 403 || answer.status === 404) {
      // The session has ended: the page is asked for again, which leads to signing in.
      again = false;
    } else if (answer.ok) {
      again = !tell(await answer.json());
    }
  } catch {
    // The desk is away for a moment; the next look tells.
  }
  if (again) {
    setTimeout(look, 1500);
  }
}

function tell(state) {
  const words = watched.querySelector("[data-words]");
  if (watched.dataset.state !== state.state) {
    watched.dataset.state = state.state;
    words.textContent = state.words;
    watched.classList.toggle("done", state.state === "received" || state.state === "done");
    watched.classList.toggle("alert", state.state === "locked" || state.state === "ended");
  }
  const bar = watched.querySelector("progress");
  if (bar) {
    bar.max = state.total;
    bar.value = state.done;
    watched.querySelector("[data-count]").textContent = `${state.done} / ${state.total}`;
  }
  if (state.ended && bar) {
    location.reload();
  }
  return state.ended;
}

if (watched) {
  look();
}

for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// The citizen's screen looks again when its window shows something else, or when its session has ended.
const screen = document.getElementById("screen");

async function lookAtWindow() {
  try {
    const answer = await fetch(screen.dataset.screen, { headers: { accept: "application/json" } });
    if (answer.redirected || (answer.ok && (await answer.json()).now !== screen.dataset.now)) {
      location.reload();
      return;
    }
  } catch {
    // The desk is away for a moment; the next look tells.
  }
  setTimeout(lookAtWindow, 1000);
}

if (screen) {
  setTimeout(lookAtWindow, 1000);
}
