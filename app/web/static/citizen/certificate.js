// Shares the sentence.
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
