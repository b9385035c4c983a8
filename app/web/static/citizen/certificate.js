// Shares the sentence, and waits for the picture while it is being drawn.
const page = document.querySelector(".page");
const share = document.getElementById("share");
const said = document.getElementById("copied");
const text = document.getElementById("say").textContent.trim();

share.hidden = !(navigator.share || navigator.clipboard);
share.addEventListener("click", async () => {
  try {
    if (navigator.share) return await navigator.share({ text });
    await navigator.clipboard.writeText(text);
    said.textContent = said.dataset.done;
    said.scrollIntoView({ block: "center" });
  } catch {
    // Closed without sharing, or not allowed: the text stands on the page.
  }
});

if (page.dataset.status) {
  const begun = Date.now();
  const timer = setInterval(async () => {
    if (Date.now() - begun > 120_000) clearInterval(timer);
    if (document.hidden) return;
    try {
      const answer = await fetch(page.dataset.status);
      if (answer.ok && (await answer.json()).ready) {
        clearInterval(timer);
        location.reload();
      }
    } catch {
      // No network for a moment.
    }
  }, 2000);
}
