// The big screen. The server says who is shown when, by its own clock; this page shows exactly that, whether or not the
// connection stands at that moment. Names are text, never markup.
const $ = (id) => document.getElementById(id);
const stage = document.querySelector(".stage");
const { path, stream, somebody, operate, seal } = stage.dataset;
const list = $("turns"), ticker = $("ticker");
const turns = new Map(), photos = new Map();
const KEPT = 8, LATEST = 7, GROUPS = new Intl.NumberFormat("en");
const isRehearsal = stage.dataset.slots !== undefined;
let cursor = stage.dataset.cursor, timer = 0, chosen = null;

// ---- the server's clock: an answer is always late, so the least late of the last is the best ---------------------------
const offsets = [];
const learn = (at) => { offsets.push(at - Date.now()); if (offsets.length > 12) offsets.shift(); };
const now = () => Date.now() + Math.max(...offsets);
learn(Number(stage.dataset.now));

// ---- showing --------------------------------------------------------------------------------------------------------
const fill = (text, value) => text.replace("#", value);

// Their own picture, where it is shown; if it was taken off meanwhile, the default one.
function face(image, one) {
  image.onerror = one.face ? () => { image.onerror = null; image.src = one.picture; } : null;
  image.src = one.face ? `${path}/faces/${one.face}` : one.picture;
}

function dress(element, one) {
  const name = one.name || somebody, [number, unit] = one.mass;
  for (const bdi of element.querySelectorAll("bdi")) bdi.textContent = name;
  for (const image of element.querySelectorAll(".back, .mark img")) image.src = `${path}/rings/turn-${one.turn}.svg`;
  face(element.querySelector(".face"), one);
  element.querySelector(".did b").textContent = `${number} ${unit}`;
  element.querySelector(".no").textContent = fill(stage.dataset.no, GROUPS.format(one.no));
  element.querySelector(".m b").textContent = number;
  element.querySelector(".m small").textContent = `${unit} CO₂e`;
  element.dataset.turn = one.turn;
  element.classList.remove("blank");
  return element;
}

function count(element, one, at) {
  const left = element.querySelector(".left");
  for (const old of left.getAnimations()) old.cancel();
  left.animate([{ strokeDashoffset: "0" }, { strokeDashoffset: "100" }], { duration: one.to_ms - one.from_ms, fill: "both" })
    .currentTime = Math.max(0, at - one.from_ms);
}

function show() {
  clearTimeout(timer);
  const at = now();
  const all = isRehearsal ? rehearsed(at) : [...turns.values()];
  const on = all.filter((one) => one.from_ms <= at && at < one.to_ms).sort((a, b) => a.slot - b.slot);
  const most = Math.max(0, ...on.map((one) => one.slots));
  const layout = most === 0 ? "idle" : most === 1 ? "hero" : most < 7 ? "tiles" : "small";
  if (!stage.classList.contains(layout)) { stage.classList.remove("idle", "hero", "tiles", "small"); stage.classList.add(layout); }
  const newest = Math.max(...on.map((one) => one.from_ms));
  const there = new Map([...list.children].map((element) => [Number(element.dataset.turn), element]));
  const wanted = new Set(on.map((one) => one.turn));
  for (const [turn, element] of there) if (!wanted.has(turn)) element.remove();
  on.forEach((one, index) => {
    let element = there.get(one.turn);
    if (element === undefined) element = dress($("turn").content.firstElementChild.cloneNode(true), one);
    if (element.dataset.from !== String(one.from_ms)) { element.dataset.from = one.from_ms; count(element, one, at); }
    element.classList.toggle("new", one.from_ms === newest);
    element.classList.toggle("chosen", chosen === one.turn && on.length > 1);
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
  });
  pass(all.filter((one) => one.to_ms <= at).sort((a, b) => b.from_ms - a.from_ms || b.slot - a.slot));
  pose(at);
  const next = Math.min(...[...all, ...photos.values()].flatMap((one) => [one.from_ms, one.to_ms]).filter((moment) => moment > at), at + 1000);
  timer = setTimeout(show, Math.max(4, next - now()));
}

// Whoever stands before the screen and tapped: in a place of its own, so that nobody's turn moves.
function pose(at) {
  for (const [turn, one] of photos) if (one.to_ms <= at) photos.delete(turn);
  const one = isRehearsal ? undefined : [...photos.values()].find(({ from_ms, to_ms }) => from_ms <= at && at < to_ms);
  const place = $("photo"), key = one ? String(one.from_ms) : "";
  if ((place.dataset.key ?? "") === key) return;
  place.dataset.key = key;
  place.hidden = !one;
  stage.classList.toggle("posing", Boolean(one));
  if (!one) { place.replaceChildren(); return; }
  const element = dress($("turn").content.firstElementChild.cloneNode(true), one);
  element.querySelector(".did span").textContent = place.dataset.just;
  count(element, one, at);
  const label = document.createElement("p");
  label.className = "label";
  label.textContent = place.dataset.label;
  place.replaceChildren(label, element);
}

// A picture was changed, let through or taken off.
function repaint({ turn, face: name }) {
  for (const one of [turns.get(turn), photos.get(turn)]) if (one) one.face = name;
  const one = turns.get(turn) ?? photos.get(turn);
  if (!one) return;
  for (const element of stage.querySelectorAll(`.turn[data-turn="${Number(turn)}"]`)) face(element.querySelector(".face"), one);
  delete ticker.dataset.key;
}

// ---- the boards beside: one after the other and then how to come onto the screen, by the server's clock ------------------
const side = document.querySelector(".side"), words = document.documentElement.lang.startsWith("en") ? "en" : "zh";

function boards(told) {
  for (const old of side.querySelectorAll(".panel:not(#how)")) old.remove();
  for (const board of told) {
    const panel = $("panel").content.firstElementChild.cloneNode(true);
    panel.querySelector("h2 bdi").textContent = board.title[words];
    panel.querySelector("ol").replaceChildren(...board.rows.map((row) => {
      const item = $("place").content.firstElementChild.cloneNode(true);
      item.querySelector("i").textContent = row.place;
      item.querySelector("bdi").textContent = row.name[words];
      item.querySelector("b").textContent = row.mass[0];
      item.querySelector("small").textContent = row.mass[1];
      return item;
    }));
    side.insertBefore(panel, $("how"));
  }
  turn();
}

function turn() {
  const panels = [...side.querySelectorAll(".panel")];
  const shown = Math.floor(now() / (Number(side.dataset.each) * 1000)) % panels.length;
  panels.forEach((panel, index) => { panel.hidden = index !== shown; });
}

function pass(over) {
  for (const one of over.slice(KEPT)) turns.delete(one.turn);
  const wanted = over.slice(0, LATEST), key = wanted.map((one) => one.turn).join();
  if (ticker.dataset.key === key) return;
  ticker.dataset.key = key;
  ticker.replaceChildren(...wanted.map((one) => {
    const item = $("passed").content.firstElementChild.cloneNode(true);
    face(item.querySelector("img"), one);
    item.querySelector("bdi").textContent = one.name || somebody;
    item.querySelector("b").textContent = one.mass.join(" ");
    return item;
  }));
}

function total({ people, mass, waiting }) {
  [$("mass").textContent, $("unit").textContent] = mass;
  $("people").textContent = fill(people === 1 ? stage.dataset.person : stage.dataset.people, GROUPS.format(people));
  const ring = `${path}/rings/people-${people}.svg`;
  if (!$("ring").src.endsWith(ring)) $("ring").src = ring;
  const seconds = Number(stage.dataset.turnS), slots = Math.min(12, Math.max(1, Math.ceil(waiting * seconds / 120)));
  $("queue").textContent = fill(stage.dataset.queue, GROUPS.format(waiting));
  $("soon").textContent = fill(stage.dataset.soon, Math.max(1, Math.round(waiting / slots * seconds / 60)));
  $("queue").parentElement.hidden = waiting === 0;
}

function tick() {
  const local = new Date(now() + 8 * 3600e3).toISOString();
  turn();
  $("clock").textContent = `${local.slice(0, 10)}  ${local.slice(11, 16)}`;
}

// ---- being told -----------------------------------------------------------------------------------------------------
function listen() {
  const source = new EventSource(`${stream}/stream?after=${cursor}`);
  const on = (kind, act) => source.addEventListener(kind, (event) => {
    if (event.lastEventId) cursor = event.lastEventId;
    act(JSON.parse(event.data));
  });
  on("hello", ({ at }) => { learn(at); $("away").hidden = true; });
  on("beat", ({ at }) => learn(at));
  on("turn", (one) => { turns.set(one.turn, one); show(); });
  on("cleared", ({ turn }) => { turns.delete(turn); photos.delete(turn); show(); });
  on("picture", (one) => { repaint(one); show(); });
  on("photo", (one) => { photos.set(one.turn, one); show(); });
  on("board", (told) => boards(told.boards));
  on("totals", total);
  on("reset", () => { source.close(); begin(); });
  on("ended", () => { source.close(); turns.clear(); photos.clear(); show(); $("ended").hidden = false; });
  source.onerror = () => {
    $("away").hidden = false;
    // A browser comes again by itself after a loss, but not after a refusal.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  };
}

async function begin() {
  try {
    const answer = await fetch(`${stream}/snapshot`, { cache: "no-store" });
    if (answer.status === 404) { $("ended").hidden = false; return; }
    const told = await answer.json();
    learn(told.at);
    turns.clear();
    photos.clear();
    for (const one of told.turns) turns.set(one.turn, one);
    for (const one of told.photos) photos.set(one.turn, one);
    boards(told.boards);
    cursor = told.cursor;
    total(told.totals);
    show();
    listen();
  } catch {
    setTimeout(begin, 2000);
  }
}

// ---- rehearsing: who is shown follows from the clock, so two screens agree -----------------------------------------------
const known = [...$("known").children].map(({ dataset: one }) => ({
  turn: Number(one.turn), no: Number(one.no), name: one.name, mass: [one.mass, one.unit], slot: Number(one.slot),
  slots: Number(one.slots), from_ms: Number(one.from), to_ms: Number(one.to), picture: one.picture,
  face: one.face || null, isPhoto: one.photo !== undefined,
}));

function rehearsed(at) {
  const slots = Number(stage.dataset.slots), long = Number(stage.dataset.turnS) * 1000;
  const cast = known.filter((one) => !one.turn), shown = [];
  for (let slot = 1; slot <= slots; slot++) {
    const shift = Math.floor(long / slots) * (slot - 1), round = Math.floor((at - shift) / long);
    for (let of = round - Math.max(1, Math.ceil(LATEST / slots)); of <= round; of++) {
      const no = of * slots + slot;
      shown.push({ ...cast[no % cast.length], turn: no % 1e9, no: no % 1000 + 1, slot, slots, from_ms: of * long + shift, to_ms: (of + 1) * long + shift });
    }
  }
  return shown;
}

// ---- whoever looks after the scene and is signed in: F full screen, H hide, N next ------------------------------------
if (operate) {
  document.body.classList.add("operated");
  list.addEventListener("click", (event) => {
    const turn = Number(event.target.closest(".turn")?.dataset.turn);
    chosen = chosen === turn ? null : turn;
    show();
  });
  document.addEventListener("keydown", ({ key, repeat }) => {
    if (repeat) return;
    if (key === "f" || key === "F") document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
    const because = { h: "hidden", n: "skipped" }[key.toLowerCase()];
    const turn = chosen ?? Number(list.querySelector(".new")?.dataset.turn);
    if (because && turn && !isRehearsal) {
      fetch(operate, { method: "POST", body: new URLSearchParams({ turn, because, csrf_token: seal }) });
      chosen = null;
    }
  });
}

for (const one of known) if (one.turn) (one.isPhoto ? photos : turns).set(one.turn, one);
list.replaceChildren();
tick();
setInterval(tick, 1000);
show();
if (!isRehearsal) listen();
