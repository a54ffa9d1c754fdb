// Moves the factors of a scoring model. The same whole numbers as on the server: no floating point touches the score.
"use strict";
(() => {
  const form = document.getElementById("calculator");
  if (!form) return;
  const score = document.getElementById("score");
  const exact = document.getElementById("score-exact");
  const wrong = document.getElementById("score-wrong");
  const scale = BigInt(form.dataset.scale);
  const STEPS = 1000;

  /** What a factor adds, or null if the schema has no such value. */
  const counted = (input) => {
    if (input.value === "" && "absent" in input.dataset) return BigInt(input.dataset.absent);
    const value = units(input);
    if (value === null) return null;
    if ("weight" in input.dataset) return BigInt(input.dataset.weight) * value;
    const bin = input.dataset.edges.split(" ").findLastIndex((edge) => BigInt(edge) <= value);
    return bin < 0 ? null : BigInt(input.dataset.units.split(" ")[bin]);
  };
  /** A factor's value in its units, or null if the schema has no such value. */
  const units = (input) => {
    switch (input.dataset.kind) {
      case "bool": return input.checked ? 1n : 0n;
      case "enum": return BigInt(input.selectedOptions[0].dataset.code);
      case "date": {
        const day = Date.parse(`${input.value}T00:00:00Z`);
        return Number.isNaN(day) ? null : BigInt(Math.round(day / 86400000));
      }
      default: return number(input);
    }
  };
  const number = (input) => {
    const digits = Number(input.dataset.digits);
    const parts = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/.exec(input.value);
    if (!parts || (parts[2] ?? "").length > digits) return null;
    const value = BigInt(parts[1] + (parts[2] ?? "").padEnd(digits, "0"));
    return value <= BigInt(input.dataset.max) ? value : null;
  };

  const written = (value) => {
    const places = form.dataset.scale.length - 1;
    if (!/^10*$/.test(form.dataset.scale)) return `${value}/${scale}`;
    const size = value < 0n ? -value : value;
    const fraction = places ? String(size % scale).padStart(places, "0").replace(/0+$/, "") : "";
    return `${value < 0n ? "-" : ""}${size / scale}${fraction && `.${fraction}`}`;
  };
  /** Rounded down, as policies compare. */
  const whole = (value) => (value < 0n && value % scale !== 0n ? value / scale - 1n : value / scale);

  const factors = [...form.querySelectorAll("[data-kind]")];
  const compute = () => {
    let sum = BigInt(form.dataset.base);
    let bad = null;
    for (const input of factors) {
      const points = counted(input);
      if (points === null) bad ??= input;
      else sum += points;
    }
    wrong.hidden = !bad;
    if (bad) document.getElementById("score-wrong-factor").textContent = bad.labels[0].firstChild.textContent.trim();
    score.textContent = bad ? "—" : String(whole(sum));
    exact.textContent = bad ? "" : written(sum);
    score.dataset.units = bad ? "" : String(sum);
  };

  // A slider reaches small numbers finely and large ones coarsely: its position's cube is the share of the largest.
  const most = (input) => Number(input.dataset.max);
  const steps = (input) => Math.min(STEPS, most(input));
  const bend = (input) => (most(input) > STEPS ? 3 : 1);
  const slide = (slider, input) => {
    const value = Math.round(most(input) * (slider.value / steps(input)) ** bend(input));
    const digits = Number(input.dataset.digits);
    const padded = String(value).padStart(digits + 1, "0");
    const point = padded.length - digits;
    input.value = digits ? `${padded.slice(0, point)}.${padded.slice(point)}` : padded;
    slider.setAttribute("aria-valuetext", input.value);
    compute();
  };
  const follow = (slider, input) => {
    const value = number(input);
    if (value !== null) slider.value = Math.round(steps(input) * (Number(value) / most(input)) ** (1 / bend(input)));
    slider.setAttribute("aria-valuetext", input.value);
  };
  for (const slider of form.querySelectorAll("[data-slides]")) {
    const input = document.getElementById(slider.dataset.slides);
    slider.max = steps(input);
    slider.addEventListener("input", () => slide(slider, input));
    input.addEventListener("input", () => follow(slider, input));
    follow(slider, input);
    slider.hidden = false;
  }
  form.addEventListener("input", compute);
  form.addEventListener("submit", (event) => { event.preventDefault(); compute(); score.focus(); });
  compute();
})();
