// Printing is the browser's own; without a script its menu does the same.
const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => print());
