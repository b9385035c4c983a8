// The figure follows the choice. The server computes; this script only changes texts and classes.
const page = document.querySelector("[data-code]");
const trip = document.getElementById("trip");
const order = document.getElementById("order").elements;
const figure = document.getElementById("figure");
const lines = document.getElementById("lines");
const notice = document.getElementById("notice");
const put = (within, values) => {
  for (const [name, value] of Object.entries(values)) {
    for (const place of within.querySelectorAll(`[data-f="${name}"]`)) {
      place.textContent = value ?? "";
      if (name === "confidence") place.hidden = value === null;
    }
  }
};

function show(estimate) {
  const [n, u] = estimate.mass_text.split(" ");
  put(figure, { n, u, summary: estimate.summary });
  put(document.getElementById("order"), { price: estimate.price_text });
  estimate.lines.forEach((line, at) => {
    const row = lines.children[at] ?? lines.appendChild(lines.children[0].cloneNode(true));
    row.hidden = false;
    put(row, { confidence: null, ...line });
  });
  for (const row of [...lines.children].slice(estimate.lines.length)) row.hidden = true;
  const nothing = estimate.grams === 0;
  figure.querySelector("details").hidden = nothing;
  for (const button of document.querySelectorAll("[name=pay]")) button.hidden = nothing;
  const zero = document.getElementById("zero");
  if (zero) {
    zero.hidden = !nothing;
    document.getElementById("floor").hidden = nothing || !estimate.floored;
  }
}

if (trip) {
  const field = document.getElementById("km");
  const slide = document.getElementById("slide");
  let timer = 0;
  let asked = null;

  const ask = async () => {
    asked?.abort();
    asked = new AbortController();
    const { signal } = asked;
    const query = `mode=${encodeURIComponent(trip.elements.mode.value)}&km=${field.value}`;
    figure.classList.add("busy");
    try {
      const answer = await fetch(`/api/v1/scenes/${page.dataset.code}/estimate?${query}`, { signal });
      const body = await answer.json();
      if (answer.ok) show(body);
      notice.textContent = answer.ok ? "" : body.message;
      notice.hidden = answer.ok;
      history.replaceState(null, "", `?${query}`);
      for (const link of document.querySelectorAll(".switch a")) link.search = `?${query}&lang=${link.lang.slice(0, 2)}`;
    } catch {
      if (signal.aborted) return;
      notice.textContent = page.dataset.offline;
      notice.hidden = false;
    }
    figure.classList.remove("busy");
  };

  const choose = (km, typing) => {
    const max = Number(trip.querySelector("[name=mode]:checked").dataset.max);
    slide.max = field.max = max;
    const fits = Math.min(max, Math.max(1, Math.round(Number(km)) || 1));
    slide.value = fits;
    if (!typing || Number(km) > max) field.value = fits;
    // What is sent is what was last chosen, also while its figure is still on the way.
    order.mode.value = trip.elements.mode.value;
    order.km.value = fits;
    clearTimeout(timer);
    timer = setTimeout(ask, 200);
  };

  trip.addEventListener("input", ({ target }) => {
    if (target === field) return field.value && choose(field.value, true);
    choose(target === slide ? slide.value : field.value);
  });
  field.addEventListener("change", () => choose(field.value));
  for (const step of trip.querySelectorAll("[data-step]")) {
    step.addEventListener("click", (event) => {
      event.preventDefault();
      choose(Number(field.value) + Number(step.dataset.step));
    });
    step.addEventListener("keydown", (event) => event.key === " " && (event.preventDefault(), step.click()));
  }
  trip.addEventListener("submit", (event) => {
    event.preventDefault();
    field.blur();
  });
  // A page that comes back from memory keeps its fields, not its figure.
  addEventListener("pageshow", (event) => event.persisted && choose(field.value));
}

// One tap, one order: the button rests while the answer is on its way.
document.getElementById("order").addEventListener("submit", (event) => {
  if (event.target.classList.contains("sent")) event.preventDefault();
  event.target.classList.add("sent");
});
addEventListener("pageshow", () => document.getElementById("order").classList.remove("sent"));
