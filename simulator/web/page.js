// The page of the simulated watch. It shows what the server sends and sends what is clicked; it decides nothing.
// Everything that comes from outside is put in as text, never as markup.

import { WORDS } from "./words.js";

const $ = (id) => document.getElementById(id);
const EPOCH = Date.UTC(2020, 0, 1) / 1000;
const HOLD_MS = 3000; // of the one button on a watch without screens: SOS
const KEPT = 300; // entries on the page
const SCREEN_PADDING = 10;

let language = "en";
let size = "1";
let cast = null;
let texts = {};
let status = {};
let entries = [];
let chosen = "bully";
let paused = false;
let socket = null;
let notices = []; // what a watch without screens would have shown, newest first

// --- small helpers

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== false && value !== undefined) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** The page's words; {name} is filled in. */
function t(key, values = {}) {
  const found = key.split(".").reduce((table, part) => table?.[part], WORDS[language]);
  return fill(found ?? key, values);
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

/** The watch's own words for an id, "" if it has none. */
function watchWords(id) {
  return texts[id]?.[language === "zh" ? 0 : 1] ?? "";
}

function name(id) {
  const person = cast.people.find((one) => one.id === id);
  if (person) return person.names[language];
  if (id === "child") return cast.child[language];
  if (id === "shop") return t("shop_name");
  return id;
}

function localTime(seconds, parts) {
  const date = new Date((seconds + EPOCH + cast.zone * 60) * 1000);
  return date.toLocaleString(language === "zh" ? "zh-CN" : "en-GB", { timeZone: "UTC", ...parts });
}

const clockTime = (seconds) => localTime(seconds, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const shortTime = (seconds) => localTime(seconds, { hour: "2-digit", minute: "2-digit" });
const longDate = (seconds) => localTime(seconds, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const yuan = (fen) => (fen / 100).toFixed(2);

function span(seconds) {
  const minutes = Math.round(seconds / 60);
  return t(minutes < 60 ? "span.m" : "span.h", { h: Math.floor(minutes / 60), m: minutes % 60 });
}

// --- the server

function connect() {
  socket = new WebSocket(new URL("socket", location.href.replace(/^http/, "ws")));
  socket.binaryType = "arraybuffer";
  socket.addEventListener("message", (message) => {
    if (message.data instanceof ArrayBuffer) drawPicture(message.data);
    else receive(JSON.parse(message.data));
  });
  socket.addEventListener("open", () => { document.body.dataset.connected = "yes"; });
  socket.addEventListener("close", () => {
    if (document.body.dataset.connected !== "no") fail(t("disconnected"));
    document.body.dataset.connected = "no";
    setTimeout(connect, 2000);
  });
}

function act(which, fields = {}) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ act: which, ...fields }));
}

function receive(message) {
  if (message.texts) texts = message.texts;
  if (message.new) begin(message);
  else for (const entry of message.entries ?? []) add(entry, true);
  if (message.status) { status = message.status; showStatus(); }
  if (message.clock) { Object.assign(status, message.clock); showClock(); }
  if ("paused" in message) { paused = message.paused; showPause(); }
  if (message.words) $("shown").textContent = message.words.join(" · ");
  if (message.problem) toast(message.problem);
  if (message.failed) fail(t("failed") + "\n" + message.failed);
}

/** A household, new or seen for the first time by this page. */
function begin(message) {
  fail("");
  if (!cast) language = message.cast.language;
  cast = message.cast;
  entries = message.entries.slice(-KEPT);
  status = message.status;
  document.body.dataset.screen = cast.screen ? "yes" : "no";
  $("watch").classList.toggle("round", cast.display.round);
  $("display").classList.toggle("live", cast.screen);
  for (const name of ["b", "c"]) $(`key-${name}`).hidden = !cast.screen || !cast.buttons.includes(name);
  showAll();
}

function fail(words) {
  $("failed").textContent = words;
  $("failed").hidden = !words;
}

let toastTimer = 0;
function toast(words) {
  $("toast").textContent = words;
  $("toast").hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { $("toast").hidden = true; }, 4000);
}

// --- everything in the page's language

function showAll() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const made of document.querySelectorAll("[data-t]")) made.textContent = t(made.dataset.t);
  for (const made of document.querySelectorAll("[data-l]")) made.setAttribute("aria-label", t(made.dataset.l));
  for (const made of document.querySelectorAll("[data-language]")) made.setAttribute("aria-pressed", made.dataset.language === language);
  for (const made of document.querySelectorAll("h2 [data-t=child], h2[data-t=child]")) made.textContent = t("child", { name: name("child") });
  $("write-text").placeholder = t("child_writes");
  showPeople();
  options($("write-to"), cast.people.map((person) => [person.id, name(person.id)]), "friend");
  options($("class"), cast.classes.map((cls) => [cls, t("classes." + cls)]), "goods");
  $("journal").replaceChildren();
  notices = [];
  for (const entry of entries) add(entry, false);
  showStatus();
  showPause();
  showSize();
}

function options(select, pairs, first) {
  const before = select.value || first;
  select.replaceChildren(...pairs.map(([value, words]) => element("option", { value, selected: value === before }, words)));
}

function showPeople() {
  $("people").replaceChildren(...cast.people.map((person) =>
    element("button", {
      type: "button", class: "person", role: "radio", "aria-checked": String(person.id === chosen), "data-person": person.id,
      onclick: () => { chosen = person.id; showPeople(); showStatus(); },
    }, face(person.id), element("span", {}, name(person.id)), element("small", {}, t("kinds." + person.id)))));
  $("text").placeholder = t("message_of", { who: name(chosen) });
  $("text").setAttribute("aria-label", $("text").placeholder);
  $("phrases").replaceChildren(...WORDS[language].phrases[chosen].map((words) =>
    element("button", { type: "button", onclick: () => { act("message", { person: chosen, text: words }); } }, words)));
}

function face(id) {
  return element("span", { class: "face " + id, "aria-hidden": "true" }, name(id).slice(0, 1));
}

function showPause() {
  $("pause").textContent = t(paused ? "go_on" : "pause");
  $("pause").setAttribute("aria-pressed", paused);
}

function showClock() {
  $("time").textContent = clockTime(status.now);
  $("date").textContent = longDate(status.now);
  const apart = Math.abs(status.wall - status.now) > 30;
  const words = t("trust." + status.trust) + (apart ? ", " + t("watch_says", { time: shortTime(status.wall) }) : "");
  $("trust").textContent = words;
  $("trust").className = "chip" + (status.trust === "set" && !apart ? "" : " warn");
  if (!cast.screen) drawList();
}

function showStatus() {
  showClock();
  $("hint").textContent = cast.screen ? t("hint_screen")
    : t("hint_plain") + " " + (status.meant ? t("meant", { who: name(status.meant) }) : t("meant_nobody"));
  $("network").checked = status.online;
  $("charge").checked = status.charging;
  $("held").textContent = status.held.length ? t("held", { count: status.held.length }) : "";
  $("open").disabled = !status.folded;
  for (const made of $("paying").children) made.disabled = !status.paying;
  const blocked = status.grades[chosen].blocked;
  $("block").textContent = t("block", { who: name(chosen) });
  $("block").disabled = blocked;
  $("undo").disabled = !blocked;
  showState();
  showGuardian();
}

function showState() {
  const usage = status.usage;
  const lines = [
    [t("runtime"), cast.runtime === "micropython" ? "MicroPython" : "CPython"],
    [t("band"), ["3–8", "8–12", "12–14"][status.band]],
    [t("mode"), [status.mode || t("no_mode"), status.strict && t("strict"), status.tampered && t("tampered")].filter(Boolean).join(", ")],
    [t("screen_time"), usage.mode === "free" ? t("left", usage) : watchWords(usage.why)],
    [t("today"), span(usage.used)],
    ...cast.people.map((person) => {
      const { grade, blocked } = status.grades[person.id];
      const words = person.role === "stranger" && !blocked ? t("roles.stranger") : blocked ? t("blocked") : t("grades." + grade);
      return [name(person.id), element("span", { class: blocked ? "chip stop" : grade ? "chip warn" : "" }, words)];
    }),
  ];
  $("state").replaceChildren(...lines.flatMap(([label, value]) => [element("dt", {}, label), element("dd", {}, value)]));
}

function showGuardian() {
  const alerts = [...status.alerts].reverse();
  $("alert-count").textContent = String(alerts.length || "");
  $("alerts").replaceChildren(...alerts.map((alert) => element("li", {}, element("time", {}, shortTime(alert.at)), alertWords(alert))));
  if (!alerts.length) $("alerts").append(element("li", { class: "note" }, t("no_alerts")));
  $("pending").replaceChildren(...status.pending[language].map((words) => element("p", {}, element("span", { class: "chip warn" }, t("waits")), words)));
  const lines = status.bill;
  $("bill").replaceChildren(lines === null ? element("p", { class: "note" }, t("bill_never"))
    : lines.length ? element("table", {}, element("tbody", {}, lines.map(billLine))) : element("p", { class: "note" }, t("bill_empty")));
}

/** An alert carries a tag; whom it names is this page's knowledge. */
function alertWords(alert) {
  const words = fill(watchWords("alert." + alert.code) || alert.code, { count: alert.count });
  const who = status.tags?.[alert.party];
  return element("span", {}, words, who ? element("span", { class: "tag", title: alert.party }, name(who)) : "");
}

function billLine(line) {
  const cells = line[0] === "payment"
    ? [shortTime(line[1]), line[8], t("classes." + line[3]), WORDS[language].state_of[line[4]] ?? watchWords(line[4]) ?? line[4], yuan(line[5])]
    : [t(line[0]), line[0] === "month" ? `${2020 + Math.floor(line[1] / 12)}-${String(line[1] % 12 + 1).padStart(2, "0")}` : localTime(line[1] * 86400 - cast.zone * 60, { day: "numeric", month: "short" }),
      t("spent"), line[3] ? `${t("refunded")} ${yuan(line[3])}` : "", yuan(line[2])];
  return element("tr", {}, cells.map((cell) => element("td", {}, cell)));
}

// --- the journal

function add(entry, fresh) {
  if (fresh) {
    entries.push(entry);
    if (entries.length > KEPT) { entries.shift(); $("journal").lastElementChild?.remove(); }
  }
  note(entry);
  $("journal").prepend(entryItem(entry, fresh));
  const count = entries.reduce((sum, one) => sum + one.records.length + one.denials.length, 0);
  $("record-count").textContent = String(count);
}

function entryItem(entry, fresh) {
  const came = [
    ...folded(entry.decisions).map((decision) => decisionLine(decision, entry)),
    ...labelled(t("child_sees"), entry.child.map(noticeWords).filter(Boolean)),
    ...labelled(t("told"), entry.alerts.map(alertWords)),
  ];
  const silent = ["message", "call", "network"].includes(entry.act) && entry.decisions.length && !entry.child.length;
  if (silent) came.push(element("div", {}, element("span", { class: "label" }), element("span", { class: "body note" }, t("silent"))));
  const records = [...entry.records, ...entry.denials].map(recordLine);
  return element("li", { class: fresh ? "fresh" : "", "data-entry": entry.act },
    element("div", { class: "what" }, element("time", {}, clockTime(entry.at)), element("b", {}, sentence(entry))),
    came.length ? element("div", { class: "came" }, came) : null,
    records.length ? element("div", { class: "records" }, records) : null);
}

/** What was done, with the text that was said set apart. */
function sentence(entry) {
  const detail = entry.detail;
  const key = {
    set_up: cast.age >= 8 ? "set_up" : "set_up_young", password: detail.right ? "password_right" : "password_wrong",
    network: detail.on ? (detail.held ? "network_held" : "network_on") : "network_off", charge: detail.on ? "charge_on" : "charge_off",
    deliver: "deliver_" + detail.what,
    press: detail.meant ? "press" : "press_nobody", write: detail.confirmed ? "write_again" : "write",
  }[entry.act] ?? entry.act;
  const values = {
    ...detail, who: name(entry.who), child: name("child"), yuan: yuan(detail.amount ?? 0), class: t("classes." + detail.class),
    meant: name(detail.meant), to: name(detail.to), span: span(detail.seconds ?? 0),
    offset: WORDS[language].offset[String(detail.minutes)] ?? `${detail.minutes} min`,
  };
  return t("act." + key).split("{said}").flatMap((part, at) => [at ? element("span", { class: "said" }, `“${entry.said}”`) : "", fill(part, values)]);
}

/** Equal decisions in a row become one with a number. */
function folded(decisions) {
  const found = [];
  for (const decision of decisions) {
    const last = found.at(-1);
    if (last && last.verdict === decision.verdict && last.reason === decision.reason) last.times += 1;
    else found.push({ ...decision, times: 1 });
  }
  return found;
}

function decisionLine(decision, entry) {
  const after = decision.times > 1 ? t("times", { count: decision.times }) : decision.wait ? t("again", { seconds: decision.wait }) : "";
  const mayConfirm = entry.act === "write" && !entry.detail.confirmed && texts[decision.reason]?.[3] === "confirm";
  return element("div", {},
    element("span", { class: "label" }, element("span", { class: "verdict " + decision.verdict }, t(decision.verdict))),
    element("span", { class: "body" },
      decision.reason ? [element("code", {}, decision.reason), " ", rows(decision.reason), " ", watchWords(decision.reason), " "] : null,
      decision.problem ?? null, after,
      mayConfirm ? element("button", { type: "button", onclick: () => act("write", { person: entry.detail.to, text: entry.said, confirmed: true }) }, t("confirm_send")) : null));
}

function rows(id) {
  const named = texts[id]?.[2];
  return named ? element("span", { class: "rows", title: "shared/requirements" }, named.replaceAll(",", " ")) : "";
}

function labelled(label, lines) {
  return lines.map((words, at) => element("div", {}, element("span", { class: "label" }, at ? "" : label), element("span", { class: "body" }, words)));
}

function recordLine(record) {
  const [seq, , , kind, ...fields] = record;
  const shown = fields.map((field) => {
    if (status.tags?.[field]) return name(status.tags[field]);
    const words = String(field);
    return /^[0-9a-f]{12,}$/.test(words) ? words.slice(0, 6) + "…" : words === "" ? "–" : words;
  });
  const code = fields.find((field) => texts[field]?.[2]) ?? (kind === "alerts.raised" ? "alert." + fields[0] : "");
  return element("div", { class: kind === "denied" ? "denied" : "", title: watchWords(code) },
    element("i", {}, String(seq)), element("b", {}, kind), " " + shown.join(" ") + " ", kind === "denied" || kind === "alerts.raised" ? rows(code) : "");
}

/** The words of a notice, "" for what is not seen. */
function noticeWords(notice) {
  if (notice.kind === "message" || notice.kind === "opened") return `“${notice.text}”`;
  const words = watchWords("notice." + notice.kind);
  const reason = notice.reason ? watchWords(notice.reason) : "";
  return reason || words;
}

// --- the display

/** Keep what the child has been shown, for a watch without screens. What was blocked is hidden. */
function note(entry) {
  for (const notice of entry.child) {
    if (notice.kind === "hidden") notices = notices.filter((one) => one.from !== notice.party);
    const words = noticeWords(notice);
    if (words) notices.unshift({ from: notice.from ?? "", who: notice.from ? name(notice.from) : "", words, kind: notice.kind });
  }
  notices.length = Math.min(notices.length, 12);
}

/** Width, height, then RGB565, all with the higher byte first. */
function drawPicture(data) {
  const view = new DataView(data);
  const [width, height] = [view.getUint16(0), view.getUint16(2)];
  const canvas = $("display");
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const out = new Uint32Array(image.data.buffer);
  for (let pixel = 0; pixel < out.length; pixel++) {
    const value = view.getUint16(4 + 2 * pixel);
    const [red, green, blue] = [value >> 11, (value >> 5) & 63, value & 31];
    // The lower bits repeat the upper ones, so that full is 255. ImageData is little-endian on every browser's machine.
    out[pixel] = 0xff000000 | ((blue << 3 | blue >> 2) << 16) | ((green << 2 | green >> 4) << 8) | (red << 3 | red >> 2);
  }
  context.putImageData(image, 0, 0);
}

/** The time and a plain list of what the child has been shown, newest first: not the watch's own drawing. */
function drawList() {
  const { w, h } = cast.display;
  const scale = Math.max(2, devicePixelRatio);
  const canvas = $("display");
  if (canvas.width !== w * scale) Object.assign(canvas, { width: w * scale, height: h * scale });
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.fillStyle = "#0b0f12";
  context.fillRect(0, 0, w, h);
  context.fillStyle = "#f5f7f8";
  context.font = "600 30px system-ui, sans-serif";
  context.textAlign = "center";
  context.fillText(status.trust === "none" ? "--:--" : shortTime(status.wall), w / 2, 38);
  context.textAlign = "left";
  let y = 52;
  for (const notice of notices) {
    context.font = "14px system-ui, 'Noto Sans CJK SC', sans-serif";
    const lines = wrapped(context, notice.words, w - 4 * SCREEN_PADDING).slice(0, 4);
    const height = lines.length * 18 + (notice.who ? 17 : 0) + 12;
    context.fillStyle = notice.kind === "message" || notice.kind === "opened" ? "#1d3136" : "#22282d";
    context.beginPath();
    context.roundRect(SCREEN_PADDING, y, w - 2 * SCREEN_PADDING, height, 9);
    context.fill();
    let line = y + 19;
    if (notice.who) {
      context.fillStyle = "#5eead4";
      context.font = "600 12.5px system-ui, 'Noto Sans CJK SC', sans-serif";
      context.fillText(notice.who, 2 * SCREEN_PADDING, line - 1);
      line += 17;
    }
    context.fillStyle = "#f5f7f8";
    context.font = "14px system-ui, 'Noto Sans CJK SC', sans-serif";
    for (const words of lines) { context.fillText(words, 2 * SCREEN_PADDING, line); line += 18; }
    y += height + 6;
    if (y > h) break;
  }
  $("shown").textContent = notices[0] ? [notices[0].who, notices[0].words].filter(Boolean).join(": ") : "";
}

/** Lines that fit: English breaks between words, Chinese anywhere. */
function wrapped(context, text, width) {
  const lines = [""];
  for (const piece of text.match(/[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+/g) ?? []) {
    if (lines.at(-1) && context.measureText(lines.at(-1) + piece.trimEnd()).width > width) lines.push("");
    lines[lines.length - 1] += piece;
  }
  return lines;
}

function showSize() {
  const { w, h, tenths } = cast.display;
  const width = size === "true" ? tenths / 10 + "mm" : w * Number(size) + "px";
  $("watch").style.setProperty("--w", width);
  $("watch").style.setProperty("--h", `calc(${width} * ${h / w})`);
  for (const made of document.querySelectorAll("[data-size]")) made.setAttribute("aria-pressed", made.dataset.size === size);
}

// --- what is clicked

let lastTouch = "";
function touch(event, down) {
  if (!cast?.screen) return;
  const box = $("display").getBoundingClientRect();
  const at = (place, length, pixels) => Math.max(0, Math.min(pixels - 1, Math.floor(place / length * pixels)));
  const x = at(event.clientX - box.left, box.width, cast.display.w);
  const y = at(event.clientY - box.top, box.height, cast.display.h);
  const key = `${x} ${y} ${down}`;
  if (key !== lastTouch) act("touch", { x, y, down });
  lastTouch = key;
}
$("display").addEventListener("pointerdown", (event) => { event.target.setPointerCapture(event.pointerId); touch(event, true); });
$("display").addEventListener("pointermove", (event) => { if (event.buttons & 1) touch(event, true); });
for (const end of ["pointerup", "pointercancel"]) $("display").addEventListener(end, (event) => touch(event, false));

let holding = 0; // the timer of the one button while it is held, 0 afterwards
let held = false; // true: the hold was an act of its own, and the click that follows is none
function keyDown() {
  held = false;
  $("key").classList.add("down");
  if (cast?.screen) act("button", { name: "a", down: true });
  else holding = setTimeout(() => { holding = 0; held = true; act("sos"); }, HOLD_MS);
}
function keyUp() {
  if (!$("key").classList.contains("down")) return;
  $("key").classList.remove("down");
  clearTimeout(holding);
  if (cast?.screen) act("button", { name: "a", down: false });
}
$("key").addEventListener("pointerdown", (event) => { event.target.setPointerCapture(event.pointerId); keyDown(); });
for (const end of ["pointerup", "pointercancel"]) $("key").addEventListener(end, keyUp);
$("key").addEventListener("keydown", (event) => { if ([" ", "Enter"].includes(event.key) && !event.repeat) keyDown(); });
$("key").addEventListener("keyup", keyUp);
$("key").addEventListener("blur", keyUp);
$("key").addEventListener("contextmenu", (event) => event.preventDefault());
$("key").addEventListener("click", () => { if (!cast?.screen && !held) act("press"); });

for (const name of ["b", "c"]) { // of boards that have more than the one button
  const key = $(`key-${name}`);
  let down = false;
  const move = (to) => { if (down !== to) act("button", { name, down: (down = to) }); };
  key.addEventListener("pointerdown", (event) => { event.target.setPointerCapture(event.pointerId); move(true); });
  for (const end of ["pointerup", "pointercancel", "blur", "keyup"]) key.addEventListener(end, () => move(false));
  key.addEventListener("keydown", (event) => { if ([" ", "Enter"].includes(event.key) && !event.repeat) move(true); });
}

$("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  if ($("text").value.trim()) act("message", { person: chosen, text: $("text").value.trim() });
  $("text").value = "";
});
$("write").addEventListener("submit", (event) => {
  event.preventDefault();
  if ($("write-text").value.trim()) act("write", { person: $("write-to").value, text: $("write-text").value.trim(), confirmed: false });
  $("write-text").value = "";
});
$("pay").addEventListener("submit", (event) => {
  event.preventDefault();
  act("shop", { amount: Math.round(Number($("amount").value) * 100), cls: $("class").value });
});
$("call").addEventListener("click", () => act("call", { person: chosen }));
$("block").addEventListener("click", () => act("block", { person: chosen }));
$("undo").addEventListener("click", () => act("undo", { person: chosen }));
$("open").addEventListener("click", () => act("open"));
$("sos").addEventListener("click", () => act("sos"));
$("sos-cancel").addEventListener("click", () => act("sos_cancel"));
$("network").addEventListener("change", (event) => act("network", { on: event.target.checked }));
$("charge").addEventListener("change", (event) => act("charge", { on: event.target.checked }));
$("battery").addEventListener("click", () => act("battery", { minutes: 10, clock_chip: $("clock-chip").checked }));
$("pause").addEventListener("click", () => act("pause", { on: !paused }));
$("start-over").addEventListener("click", () => {
  if (confirm(t("start_over_sure"))) act("start_over", { language, age: cast.age });
});
$("records").addEventListener("change", (event) => document.body.classList.toggle("no-records", !event.target.checked));
for (const made of document.querySelectorAll("[data-act]")) {
  made.addEventListener("click", () => act(made.dataset.act, JSON.parse(made.dataset.fields ?? "{}")));
}
for (const made of document.querySelectorAll("[data-clock]")) {
  made.addEventListener("click", () => act($("clock-by").value, { minutes: Number(made.dataset.clock) }));
}
for (const made of document.querySelectorAll("[data-language]")) {
  made.addEventListener("click", () => { language = made.dataset.language; showAll(); });
}
for (const made of document.querySelectorAll("[data-size]")) {
  made.addEventListener("click", () => { size = made.dataset.size; showSize(); });
}

connect();
