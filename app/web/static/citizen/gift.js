// The name is written on the paper as it is typed; then the page asks until the paper is there, and goes to it.
const page = document.querySelector("[data-gift]");
const name = document.getElementById("name");
const shown = document.getElementById("shown");
const begun = Date.now();
let asking = false;

name?.addEventListener("input", () => {
  shown.textContent = name.value.trim() || name.dataset.nobody;
});

async function look() {
  // While somebody types we do not hurry; a paper without a name is written after a minute by itself.
  if (asking || document.hidden || Date.now() - begun > 180_000) return;
  asking = true;
  try {
    const answer = await fetch(`/api/v1/gifts/${page.dataset.gift}`);
    if (answer.ok) {
      const gift = await answer.json();
      if (gift.certificate_url) location.replace(gift.certificate_url);
    }
  } catch {
    // No network for a moment: the next look will tell.
  }
  asking = false;
}
setInterval(look, "named" in page.dataset ? 1000 : 5000);
document.addEventListener("visibilitychange", look);
if ("named" in page.dataset) look();

const form = document.getElementById("naming");
form?.addEventListener("submit", (event) => {
  if (form.classList.contains("sent")) event.preventDefault();
  else form.classList.add("sent");
});
addEventListener("pageshow", () => form?.classList.remove("sent"));
