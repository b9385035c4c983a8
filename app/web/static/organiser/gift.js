// The page of an open gift is asked for again by itself, unless somebody is typing or has unfolded the settings.
const page = document.querySelector("[data-again]");
let touched = false;
addEventListener("input", () => {
  touched = true;
});
addEventListener("click", (event) => {
  touched ||= event.target.matches("input[type=file]"); // somebody looks for a file
});
setInterval(() => {
  if (!touched && !document.hidden && !document.querySelector("details[open]")) location.reload();
}, Number(page.dataset.again) * 1000);
