// The time that is left, the call-up of the app around the page (WeChat, so far), and asking whether the QR code was paid.
const page = document.querySelector("[data-until]");
const left = document.getElementById("left");
const until = Date.parse(page.dataset.until);
const two = (value) => String(value).padStart(2, "0");

// The expiry is the server's; its answer carries the server's clock, so a wrong phone clock does no harm.
let skew = 0;
function tick() {
  const seconds = Math.round((until - Date.now() - skew) / 1000);
  if (seconds <= 0) {
    left.parentElement.textContent = left.dataset.over;
    clearInterval(timer);
    // Nothing can be opened any more: the button leads to where one begins again.
    for (const button of document.querySelectorAll(".dock .btn")) button.hidden = button.id !== "over";
  } else {
    left.querySelector("b").textContent = `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  }
  left.hidden = seconds > 7200; // a quotation stands for days, which the line beside it says
}
const timer = setInterval(tick, 1000);
tick();

// Whatever the client says, only the server knows: every answer leads to the page that asks it.
function call() {
  const parameters = JSON.parse(page.dataset.call);
  WeixinJSBridge.invoke("getBrandWCPayRequest", parameters, (result) => {
    if (!result.err_msg.endsWith(":cancel")) return location.replace(page.dataset.done);
    document.getElementById("calling").hidden = true;
    document.getElementById("unpaid").hidden = false;
    look("?ask=true");
  });
}
if (page.dataset.call) {
  if (typeof WeixinJSBridge === "object") call();
  else document.addEventListener("WeixinJSBridgeReady", call, { once: true });
}

const status = `/api/v1/orders/${location.pathname.split("/")[2]}`;
async function look(asks = "") {
  if (document.hidden) return;
  try {
    const answer = await fetch(status + asks);
    const date = Date.parse(answer.headers.get("date"));
    if (date) skew = date - Date.now();
    const { phase } = await answer.json();
    if (phase && phase !== "unpaid") location.replace(page.dataset.done);
  } catch {
    // No network for a moment: the next look will tell.
  }
}
// Also without a code on the page: the payment may be one of another tab, or one whose notice was late.
setInterval(() => look(), document.querySelector(".qr") ? 2000 : 5000);
document.addEventListener("visibilitychange", () => look());

// One tap, one call-up.
const pay = document.getElementById("pay");
pay.addEventListener("submit", (event) => {
  if (pay.classList.contains("sent")) event.preventDefault();
  pay.classList.add("sent");
});
addEventListener("pageshow", (event) => {
  pay.classList.remove("sent");
  if (event.persisted) look();
});
