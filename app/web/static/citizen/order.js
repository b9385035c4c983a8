// Asks every two seconds what became of the order, and says so honestly; the server alone moves it.
const page = document.querySelector("[data-order]");
// Of several lines: each moves by itself, so the page is asked for again when one did.
const joint = "joint" in page.dataset;
let moved = null;
const ring = document.getElementById("ring");
const steps = [...document.querySelectorAll("[data-step]")];
const begun = Date.now();
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
let phase = page.dataset.phase;
let asking = false;
let looks = 0;
let noes = 0;

function move(next, asked) {
  if (["refunding", "refunded", "closed"].includes(next)) return location.reload();
  if (next === "unpaid") {
    // The channel itself says so, and said it before: nothing was paid, and the cashier says what to do.
    if (asked && ++noes > 1) location.replace(`${location.pathname}?paid=2`);
    return;
  }
  if (phase === "unpaid") return location.replace(location.pathname);
  if (!steps.some((step) => step.dataset.step === next)) return;
  if (joint) return location.replace(location.pathname);
  phase = next;
  ring.className = `ring ${phase}`;
  for (const text of document.querySelectorAll("[data-phase-text]")) text.hidden = text.dataset.phaseText !== phase;
  const here = steps.findIndex((step) => step.dataset.step === phase);
  steps.forEach((step, at) => {
    step.className = at < here ? "done" : at === here ? "here" : "";
  });
}

function ofLines(order) {
  const now = order.lines.map((line) => `${line.retirement_number} ${line.certificate_id}`).join();
  if (moved !== null && moved !== now && order.phase === phase) location.reload();
  moved = now;
}

function finish(url) {
  clearInterval(timer);
  for (const step of steps) step.className = "done";
  ring.className = "ring fly";
  setTimeout(() => location.replace(url), calm ? 0 : 900);
}

async function look() {
  const waited = (Date.now() - begun) / 1000;
  if (phase !== "unpaid") {
    for (const late of document.querySelectorAll("[data-after]")) late.hidden = waited < Number(late.dataset.after);
    // After a minute the later sentence replaces the earlier one, and we stop: the server keeps asking.
    if (waited >= 60) {
      for (const late of document.querySelectorAll('[data-after="15"]')) late.hidden = true;
      clearInterval(timer);
    }
  }
  if (asking || document.hidden) return;
  asking = true;
  try {
    // While nobody knows, every other look lets the server ask the channel.
    const asks = phase === "confirming" && looks++ % 2 === 0 ? "?ask=true" : "";
    const answer = await fetch(`/api/v1/orders/${page.dataset.order}${asks}`);
    if (answer.ok) {
      const order = await answer.json();
      if (joint) ofLines(order);
      else if (order.retirement_number) {
        const row = document.getElementById("retirement");
        row.lastElementChild.textContent = order.retirement_number;
        row.hidden = false;
      }
      if (order.phase === "done" && (joint || order.certificate_url)) finish(joint ? location.pathname : order.certificate_url);
      else if (order.phase && order.phase !== phase) move(order.phase, asks);
    }
  } catch {
    // No network for a moment: the next look will tell.
  }
  asking = false;
}
// An unpaid order is looked at only when the reader comes back to the page; money takes its time to go back.
const timer = phase === "unpaid" ? 0 : setInterval(look, phase === "refunding" ? 5000 : 2000);
document.addEventListener("visibilitychange", look);
look();
