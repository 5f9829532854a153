/**
 * What the page runs: it asks for the JSON once a second while somebody looks, and shows it. Whatever comes from clients, as
 * names of topics do, becomes text and never markup. A test has the compiler check it, as it does all other code.
 */
export const pageScript = `
"use strict";

/** @typedef {import("./inspection.ts").Inspection} Inspection */

const periodMs = 1000;
const patienceMs = 5000;
const shownMs = 120000;
// Of heartbeats that come every few seconds, a second shows none or all.
const rateOverMs = 5000;

const address = new URL(location.pathname + location.search, location.origin);
address.searchParams.set("json", "");

/** @type {Inspection[]} */
let samples = [];
let isLooking = false;
let timer = 0;

document.addEventListener("visibilitychange", look);
look();

async function look() {
  clearTimeout(timer);
  if (document.hidden || isLooking) return;
  isLooking = true;
  try {
    show(await ask());
    tell("yes", "live");
  } catch (error) {
    if (root().dataset.live === "yes" || samples.length === 0) tell("no", whyNot(error));
  }
  isLooking = false;
  timer = setTimeout(look, periodMs);
}

/** @returns {Promise<Inspection>} */
async function ask() {
  const answer = await fetch(address, { redirect: "manual", signal: AbortSignal.timeout(patienceMs) });
  if (answer.type === "opaqueredirect") throw new Error("it sends elsewhere: log in again");
  if (!answer.ok) throw new Error("HTTP " + answer.status);
  return answer.json();
}

/** @param {unknown} error */
function whyNot(error) {
  const { name, message } = /** @type {Error} */ (error);
  const why = name === "TypeError" ? "not reached" : name === "TimeoutError" ? "it takes too long" : message;
  return "No answer since " + new Date().toLocaleTimeString() + ", " + why + ". Asking every second.";
}

/** @param {"yes" | "no"} live @param {string} text */
function tell(live, text) {
  root().dataset.live = live;
  write(element("status"), text);
}

/** @param {Inspection} inspection */
function show(inspection) {
  remember(inspection);
  const { replicas, topics, traffic, warnings } = inspection;
  write(element("name"), replicas[0].name);
  document.title = count(inspection.presences) + " · Presence";
  draw("presences", count, [samples.map(({ presences }) => presences)]);
  draw("topics", count, [samples.map(({ topics }) => topics.count)]);
  draw("messages", count, [ratesOf("receivedMessages"), ratesOf("sentMessages")]);
  draw("bytes", bytes, [ratesOf("receivedBytes"), ratesOf("sentBytes")]);

  write(element("up"), replicas.filter(({ status }) => status === "up").length + " of " + replicas.length + " up");
  rows("replicas", replicas, (row, { name, id, status, isLocal, lastHeardMs, presences, lag }) => {
    row.title = "id " + id;
    row.dataset.status = status;
    row.dataset.lags = lag > 0 ? "yes" : "no";
    return [name, status, isLocal ? "here" : time(lastHeardMs), count(presences), count(lag)];
  });

  const { largest } = topics;
  write(element("named"), largest.length < topics.count ? "the largest " + largest.length + " of " + count(topics.count) : "");
  rows("largest", largest, (row, { topic, count: presences }) => {
    row.style.setProperty("--part", (100 * presences) / largest[0].count + "%");
    return [topic, count(presences)];
  });

  write(element("refused"), traffic.refusedMessages > 0 ? count(traffic.refusedMessages) + " messages refused" : "");
  rows("warnings", warnings, (row, { code, message, times, lastAt }) => {
    row.title = lastAt;
    return [new Date(lastAt).toLocaleTimeString(), count(times) + " ×", code + ": " + message];
  });
}

/** Another replica, as behind a load balancer, has numbers of its own. @param {Inspection} inspection */
function remember(inspection) {
  const last = samples.at(-1);
  if (last?.replicas[0].id !== inspection.replicas[0].id) samples = [];
  else if (last.takenAtMs === inspection.takenAtMs) return;
  samples.push(inspection);
  while (samples[0].takenAtMs < inspection.takenAtMs - shownMs) samples.shift();
}

/** Per second, at each sample but the first. @param {keyof Inspection["traffic"]} member */
function ratesOf(member) {
  let from = 0;
  return samples.slice(1).map(({ takenAtMs, traffic }) => {
    while (samples[from + 1].takenAtMs <= takenAtMs - rateOverMs) from++;
    return (1000 * (traffic[member] - samples[from].traffic[member])) / (takenAtMs - samples[from].takenAtMs);
  });
}

/** @param {string} id @param {(value: number) => string} text @param {number[][]} lines */
function draw(id, text, lines) {
  const peak = Math.max(0, ...lines.flat());
  const now = samples[samples.length - 1].takenAtMs;
  lines.forEach((values, line) => {
    const points = values.map((value, at) => {
      const { takenAtMs } = samples[samples.length - values.length + at];
      const x = 120 - (120 * (now - takenAtMs)) / shownMs;
      return x.toFixed(2) + "," + (39 - (37 * value) / (peak || 1)).toFixed(2);
    });
    element(id).querySelectorAll("polyline")[line].setAttribute("points", points.join(" "));
    write(element(id).querySelectorAll("output")[line], values.length > 0 ? text(values[values.length - 1]) : "–");
  });
  write(/** @type {HTMLElement} */ (element(id).querySelector("small")), "peak " + text(peak));
}

/**
 * @template T
 * @param {string} id @param {readonly T[]} items @param {(row: HTMLTableRowElement, item: T) => string[]} fill
 */
function rows(id, items, fill) {
  const body = /** @type {HTMLTableSectionElement} */ (element(id));
  while (body.rows.length > items.length) body.deleteRow(-1);
  items.forEach((item, at) => {
    const row = body.rows[at] ?? body.insertRow();
    fill(row, item).forEach((text, column) => write(row.cells[column] ?? row.insertCell(), text));
  });
}

/** As text, and only where it changed: what is selected stays selected. @param {Element} target @param {string} text */
function write(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

function root() {
  return document.documentElement;
}

/** @param {number} value */
function count(value) {
  return value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 1 : 0 });
}

/** @param {number} value */
function bytes(value) {
  if (value < 1000) return count(Math.round(value)) + " B";
  return value < 1e6 ? count(value / 1e3) + " kB" : count(value / 1e6) + " MB";
}

/** @param {number} ms */
function time(ms) {
  if (ms < 10000) return (ms / 1000).toFixed(1) + " s";
  return ms < 120000 ? Math.round(ms / 1000) + " s" : Math.round(ms / 60000) + " min";
}
`;
