// Keys for whoever decides many: J and K move between the cards, P shows, H hides.
const cards = [...document.querySelectorAll(".check-of")];

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  const key = event.key.toLowerCase();
  const at = cards.findIndex((card) => card.contains(document.activeElement));
  if (key === "j" || key === "k") {
    const next = cards[Math.min(cards.length - 1, Math.max(0, at + (key === "j" ? 1 : -1)))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
    event.preventDefault();
  } else if (at >= 0) {
    cards[at].querySelector(`[data-key="${key}"]`)?.click();
  }
});
