// The page of `ward inbox --web` (server.py has the paths). All text comes from the server and is set as text.

const EVERY_MS = 2000;
const byId = (id) => document.getElementById(id);

let language = navigator.language.startsWith("zh") ? "zh" : "en";
let after = 0;
let words = {};
let turn = 0; // answers to an earlier language are dropped

async function post(path, fields) {
  return fetch(path, { method: "POST", body: JSON.stringify(fields) });
}

function line(entry) {
  const item = document.createElement("li");
  item.className = entry.kind;
  item.dataset.entry = entry.number;
  const when = document.createElement("span");
  when.className = "when";
  when.textContent = [entry.time, entry.watch].filter(Boolean).join(" · ");
  const what = document.createElement("span");
  what.textContent = entry.words;
  item.append(when, what);
  return item;
}

function request(entry) {
  const item = line(entry);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "primary";
  button.textContent = words.agree;
  button.addEventListener("click", async () => {
    button.disabled = true;
    const answer = await post("agree", { number: entry.number }).catch(() => null);
    button.disabled = false;
    if (answer && answer.ok) settle(item, (await answer.json()).agreed);
  });
  item.append(button);
  return item;
}

function settle(item, hadKey) {
  item.querySelector("button, .settled")?.remove();
  const said = document.createElement("span");
  said.className = "when settled";
  said.textContent = hadKey ? words.agreed : words.no_key;
  item.append(said);
}

function show(found) {
  words = found.words;
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const place of document.querySelectorAll("[data-t]")) place.textContent = words[place.dataset.t];
  byId("state").hidden = found.online;
  byId("state").textContent = words.gone;
  byId("week").replaceChildren(
    ...(found.week.length ? found.week : [words.quiet]).map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    }),
  );
  for (const entry of found.entries) {
    if (entry.kind === "request") {
      byId("requests").prepend(request(entry));
      byId("asking").hidden = false;
    } else {
      byId("entries").prepend(line(entry));
    }
    after = entry.number + 1;
  }
  for (const [number, hadKey] of Object.entries(found.agreed)) {
    const item = document.querySelector(`#requests [data-entry="${number}"]`);
    if (item && item.querySelector("button")) settle(item, hadKey);
  }
}

async function look() {
  const mine = turn;
  try {
    const answer = await fetch(`entries?after=${after}&language=${language}`);
    if (mine !== turn) return;
    byId("login").hidden = answer.status !== 401;
    byId("inbox").hidden = answer.status === 401;
    if (answer.ok) show(await answer.json());
  } catch {
    byId("state").hidden = false;
    byId("state").textContent = words.lost ?? "…";
  }
}

async function keepLooking() {
  await look();
  setTimeout(keepLooking, EVERY_MS);
}

byId("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await post("login", { code: byId("code").value }).catch(() => null);
  byId("code").value = "";
  if (answer?.ok) {
    byId("problem").textContent = "";
    await look();
    return;
  }
  const wait = answer?.status === 403 ? (await answer.json()).wait : 0;
  byId("problem").textContent = wait ? `Wait ${wait} s. 请等 ${wait} 秒。` : "These are not the digits. 数字不对。";
});

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => {
    language = button.dataset.language;
    turn += 1;
    after = 0;
    for (const list of ["entries", "requests"]) byId(list).replaceChildren();
    pressed();
    look();
  });
}

function pressed() {
  for (const button of document.querySelectorAll("[data-language]"))
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
}

pressed();
keepLooking();
