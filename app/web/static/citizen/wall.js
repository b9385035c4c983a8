// While somebody waits for the screen: says anew how long, and what has become of it.
const said = document.getElementById("on-screen");
let last = said.dataset.state;

async function ask() {
  if (document.visibilityState === "visible") {
    try {
      const answer = await fetch(said.dataset.ask, { headers: { accept: "application/json" } });
      if (answer.ok) {
        const told = await answer.json();
        said.textContent = told.said;
        if (told.state !== last && !["line", "soon", "photo_soon"].includes(told.state)) { location.replace(location.pathname + "#wall"); location.reload(); return; }
        last = told.state;
      }
    } catch { /* asked again */ }
  }
  if (!["ask", "over", "withdrawn", "hidden"].includes(last)) setTimeout(ask, 3000);
}
setTimeout(ask, 3000);
