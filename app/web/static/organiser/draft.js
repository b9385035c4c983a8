// Saves while somebody types, and shows what comes of it: grams, cost, the phone. Without it the buttons do the same.
const form = document.getElementById("step");
const frame = () => document.querySelector("iframe[name=phone]");
let timer = 0;
let busy = false;
let again = false;
let pressed = null;

const take = (there) => {
  const action = there.getElementById("step")?.getAttribute("action");
  if (!action) return;
  if (action !== form.getAttribute("action")) {
    // The first save made the draft.
    form.setAttribute("action", action);
    history.replaceState(null, "", action);
    document.getElementById("phone").replaceWith(document.adoptNode(there.getElementById("phone")));
  }
  for (const name of ["revision", "csrf_token"]) {
    form.elements[name].value = there.getElementById("step").elements[name].value;
  }
  for (const fresh of there.querySelectorAll("[data-live]")) {
    const old = document.getElementById(fresh.id);
    if (!old) continue;
    if (old.open) fresh.open = true;
    old.replaceWith(document.adoptNode(fresh));
  }
  const phone = frame();
  if (phone) phone.src = phone.src;
};

const keep = async () => {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  const body = new URLSearchParams(new FormData(form));
  body.set("do", "keep");
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body });
    if (answer.ok) take(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // No network: what was typed stays, and is saved with the next step.
  }
  busy = false;
  if (pressed) form.requestSubmit(pressed);
  else if (again) {
    again = false;
    keep();
  }
};

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(keep, 700);
});
for (const step of form.querySelectorAll("[data-step]")) {
  step.addEventListener("click", () => {
    const field = step.parentElement.querySelector("input");
    field.value = Math.max(0, (Number(field.value) || 0) + Number(step.dataset.step)) || Number(field.value) || 1;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
// A button waits for what is on its way: two saves of one revision would be in each other's way.
form.addEventListener("submit", (event) => {
  clearTimeout(timer);
  again = false;
  if (!busy) return;
  event.preventDefault();
  pressed = event.submitter;
});
addEventListener("click", ({ target }) => {
  const link = target.closest?.(".pick a");
  if (link) for (const one of document.querySelectorAll(".pick a")) one === link ? one.setAttribute("aria-current", "true") : one.removeAttribute("aria-current");
});
