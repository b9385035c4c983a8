// The figure follows the choice. The server computes; this script only changes texts and classes.
const page = document.querySelector("[data-code]");
const trip = document.getElementById("trip");
const form = document.getElementById("order");
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
const hide = (id, hidden) => {
  const one = document.getElementById(id);
  if (one) one.hidden = hidden;
};
const say = (id, text) => {
  document.getElementById(id).textContent = text;
  hide(id, !text);
};

// How much of this figure the organiser gives: gold dots, and pine ones for what is left to pay.
function gift(estimate) {
  const state = estimate?.gift ?? "none";
  form.elements.gift.value = estimate?.gift_grams || "";
  const { gift_text, rest_text, rest_price_text } = estimate ?? {};
  for (const card of [figure, document.getElementById("gift")]) put(card, { gift_text, rest_text, rest_price_text });
  const gold = state === "none" ? 0 : Math.round((estimate.gift_grams / estimate.grams) * 33);
  [...document.querySelectorAll("#cover circle")].forEach((dot, at) => dot.classList.toggle("au", at < gold));
  hide("cover", state === "none");
  for (const one of document.querySelectorAll("#gift [data-when], #cover [data-when]")) one.hidden = one.dataset.when !== state;
}

// `null`: nothing is known of this choice, so neither the old figure nor its price stays.
function show(estimate) {
  const grams = estimate?.grams ?? 0;
  const [n, u] = estimate?.mass_text.split(" ") ?? [];
  const { price_text: price, mass_text, buys_text, rest_price_text, rest_buys_text } = estimate ?? {};
  put(figure, { n, u, summary: estimate?.summary ?? figure.dataset.none, price, mass_text, buys_text, rest_buys_text });
  put(form, { price, rest_price_text });
  form.elements.buys.value = estimate?.buys_grams ?? "";
  form.elements.price.value = estimate?.amount_minor ?? "";
  if (form.elements.gift) gift(estimate);
  const found = estimate?.lines ?? [];
  found.forEach((line, at) => {
    const row = lines.children[at] ?? lines.appendChild(lines.children[0].cloneNode(true));
    row.hidden = false;
    put(row, { confidence: null, ...line });
  });
  for (const row of [...lines.children].slice(found.length)) row.hidden = true;
  figure.querySelector("details").hidden = !found.length;
  hide("mass", !estimate);
  for (const button of form.querySelectorAll("[name=pay]")) {
    button.hidden = !grams || (button.dataset.when ?? estimate.gift) !== estimate.gift;
  }
  hide("none", Boolean(estimate));
  hide("tops", !grams || estimate.buys_grams <= grams);
  hide("rest-tops", !grams || estimate.rest_buys_grams <= estimate.rest_grams);
  hide("zero", !estimate || grams > 0);
  hide("floor", !estimate?.floored);
}

if (trip) {
  const field = document.getElementById("km");
  const slide = document.getElementById("slide");
  const number = () => Number(field.value.normalize("NFKC").replace(/[。｡]/, "."));
  let timer = 0;
  let asked = null;

  const ask = async () => {
    asked?.abort();
    asked = new AbortController();
    const { signal } = asked;
    const choice = new URLSearchParams({ mode: form.elements.mode.value, km: field.value });
    const currency = form.elements.currency?.value;
    if (currency) choice.set("currency", currency);
    try {
      const answer = await fetch(`/api/v1/scenes/${page.dataset.code}/estimate?${choice}`, { signal });
      const body = await answer.json();
      const atField = !answer.ok && body.detail?.field === "/km";
      show(answer.ok ? body : null);
      say("km-fault", atField ? body.message : "");
      say("notice", answer.ok || atField ? "" : body.message);
      field.ariaInvalid = String(atField);
      const code = form.elements.gift_code?.value;
      if (code) choice.set("gift_code", code);
      history.replaceState(null, "", `?${choice}`);
      for (const link of document.querySelectorAll("[data-currency]")) {
        link.search = `?${new URLSearchParams([...choice].filter(([name]) => name !== "currency"))}&currency=${link.dataset.currency}`;
      }
      for (const link of document.querySelectorAll(".switch a")) link.search = `?${choice}&lang=${link.lang.slice(0, 2)}`;
    } catch {
      if (signal.aborted) return;
      show(null);
      say("notice", page.dataset.offline);
      timer = setTimeout(ask, 3000);
    }
    document.body.classList.remove("busy");
  };

  const choose = () => {
    // Until the answer is there no price is known, so the button waits.
    document.body.classList.add("busy");
    clearTimeout(timer);
    timer = setTimeout(ask, 200);
  };

  // What is typed stays as it is typed; the slider and the steps keep within the mode.
  const set = (km) => {
    field.value = slide.value = Math.min(slide.max, Math.max(slide.min, km));
    choose();
  };
  trip.addEventListener("input", ({ target }) => {
    if (target === slide) return set(slide.value);
    if (target !== field) {
      const { min, max, usual } = trip.querySelector("[name=mode]:checked").dataset;
      slide.min = min;
      slide.max = max;
      if (!(number() >= min && number() <= max)) field.value = usual;
    }
    slide.value = number() || 0;
    choose();
  });
  for (const step of trip.querySelectorAll("[data-step]")) {
    step.addEventListener("click", () => set((Math.round(number()) || 0) + Number(step.dataset.step)));
  }
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    field.blur();
  });
  // A page that comes back from memory keeps its fields, not its figure.
  addEventListener("pageshow", (event) => event.persisted && choose());
}

// One tap, one order: the button rests while a figure or an answer is on its way.
form.addEventListener("submit", (event) => {
  if (form.classList.contains("sent") || document.body.classList.contains("busy")) event.preventDefault();
  else form.classList.add("sent");
});
addEventListener("pageshow", () => form.classList.remove("sent"));
