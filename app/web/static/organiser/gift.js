// The page of an open gift is asked for again by itself, unless somebody is typing.
const page = document.querySelector("[data-again]");
let touched = false;
addEventListener("input", () => {
  touched = true;
});
setInterval(() => {
  if (!touched && !document.hidden) location.reload();
}, Number(page.dataset.again) * 1000);
