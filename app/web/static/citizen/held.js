// The page asks until what is on its way is there, and shows it then; while somebody types, it leaves them alone.
const page = document.querySelector("[data-held]");
const form = document.getElementById("use");
const begun = Date.now();
let asking = false;

const isTouched = () => [...(form?.elements ?? [])].some((one) => one.value !== one.defaultValue && one.name);

async function look() {
  if (asking || document.hidden || isTouched() || Date.now() - begun > 180_000) return;
  asking = true;
  try {
    const answer = await fetch("/api/v1/held-gifts");
    const own = answer.ok ? (await answer.json()).gifts.find((one) => one.gift === page.dataset.held) : undefined;
    const papers = own?.uses.filter((use) => use.certificate_url).length;
    if (own && (papers > Number(page.dataset.papers) || own.is_there !== ("there" in page.dataset))) location.reload();
  } catch {
    // No network for a moment: the next look will tell.
  }
  asking = false;
}
setInterval(look, 1500);

form?.addEventListener("submit", (event) => {
  if (form.classList.contains("sent")) event.preventDefault();
  else form.classList.add("sent");
});
addEventListener("pageshow", () => form?.classList.remove("sent"));
