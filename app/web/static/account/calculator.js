// The figure follows what is typed. The server computes and draws it; this script sends the same form and takes its answer.
const form = document.getElementById("calc");
const result = document.getElementById("result");
const notice = document.getElementById("notice");
let timer = 0;
let asked = null;

// What is wrong is said at its field, and nothing that is being typed moves.
function faults(answer) {
  for (const one of form.querySelectorAll("[name]")) {
    const at = answer.querySelector(`#calc [name="${one.name}"]`);
    if (!at || one.type === "hidden" || one.tagName === "BUTTON") continue;
    const id = `${one.name}-fault`;
    const told = answer.getElementById(id)?.textContent ?? "";
    let place = document.getElementById(id);
    if (told && !place) {
      place = document.createElement("span");
      Object.assign(place, { id, className: "fault" });
      place.setAttribute("role", "alert");
      one.closest("label").append(place);
    }
    if (place) place.textContent = told;
    if (told) one.setAttribute("aria-invalid", "true");
    else one.removeAttribute("aria-invalid");
  }
}

async function look() {
  asked?.abort();
  asked = new AbortController();
  const { signal } = asked;
  const body = new URLSearchParams(new FormData(form));
  body.set("do", "look");
  try {
    const sent = await fetch(form.action, { method: "POST", body, signal, headers: { accept: "text/html" } });
    const answer = new DOMParser().parseFromString(await sent.text(), "text/html");
    faults(answer);
    const told = answer.getElementById("notice");
    notice.textContent = told?.textContent ?? "";
    notice.hidden = told?.hidden ?? true;
    const open = result.querySelector("details")?.open;
    result.replaceChildren(...(answer.getElementById("result")?.childNodes ?? []));
    if (open && result.querySelector("details")) result.querySelector("details").open = true;
    // An intent belongs to what it was made for: what is kept now is another figure.
    for (const name of ["intent", "csrf_token"]) {
      const fresh = answer.querySelector(`#calc [name="${name}"]`);
      if (fresh) form.elements[name].value = fresh.value;
    }
    const dock = answer.querySelector(".dock");
    if (dock) document.querySelector(".dock").replaceChildren(...dock.childNodes);
  } catch {
    if (signal.aborted) return;
    notice.textContent = document.querySelector("[data-offline]").dataset.offline;
    notice.hidden = false;
  }
  document.body.classList.remove("busy");
}

form.addEventListener("input", () => {
  document.body.classList.add("busy");
  clearTimeout(timer);
  timer = setTimeout(look, 400);
});
// One tap keeps one figure, and never one whose answer is still on its way.
form.addEventListener("submit", (event) => {
  const keeps = event.submitter?.value === "keep";
  if (form.classList.contains("sent") || (keeps && document.body.classList.contains("busy"))) event.preventDefault();
  else form.classList.add("sent");
});
addEventListener("pageshow", () => form.classList.remove("sent"));
