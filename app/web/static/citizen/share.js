// Shares a link; a browser that can neither share nor copy keeps what stands in the button’s place.
const share = document.getElementById("share");
const said = document.getElementById("copied");
const say = (text) => {
  said.textContent = text;
  said.scrollIntoView({ block: "center" });
};

async function pass() {
  const url = share.dataset.link;
  if (navigator.share) {
    try {
      return await navigator.share({ title: share.dataset.title ?? document.title, url });
    } catch (fault) {
      if (fault.name === "AbortError") return; // Closed without sharing.
    }
  }
  try {
    await navigator.clipboard.writeText(url);
    say(said.dataset.done);
  } catch {
    say(said.dataset.failed);
  }
}

if (navigator.share || navigator.clipboard) {
  document.getElementById("open").hidden = true;
  share.hidden = false;
  share.addEventListener("click", pass);
}
