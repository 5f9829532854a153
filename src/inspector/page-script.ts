/**
 * The script of the page. While the page is visible, it fetches the JSON once a second and shows it. Names from
 * clients, such as topics, become text and never markup. A test checks the script with the TypeScript compiler.
 */
export const pageScript = `
"use strict";

/** @typedef {import("./inspection.ts").Inspection} Inspection */

const periodMs = 1000;
const timeoutMs = 5000;
const windowMs = 120000;
// Heartbeats arrive every few seconds, so rates over one second would jump.
const ratePeriodMs = 5000;

const address = new URL(location.pathname + location.search, location.origin);
address.searchParams.set("json", "");

/** @type {Inspection[]} */
let samples = [];
let isPolling = false;
let timer = 0;

document.addEventListener("visibilitychange", poll);
poll();

async function poll() {
  clearTimeout(timer);
  if (document.hidden || isPolling) return;
  isPolling = true;
  try {
    show(await fetchInspection());
    setStatus("yes", "live");
  } catch (error) {
    if (root().dataset.live === "yes" || samples.length === 0) setStatus("no", failureText(error));
  }
  isPolling = false;
  timer = setTimeout(poll, periodMs);
}

/** @returns {Promise<Inspection>} */
async function fetchInspection() {
  const response = await fetch(address, { redirect: "manual", signal: AbortSignal.timeout(timeoutMs) });
  if (response.type === "opaqueredirect") throw new Error("redirected: log in again");
  if (!response.ok) throw new Error("HTTP " + response.status);
  return response.json();
}

/** @param {unknown} error */
function failureText(error) {
  const { name, message } = /** @type {Error} */ (error);
  const reason = name === "TypeError" ? "unreachable" : name === "TimeoutError" ? "timeout" : message;
  return "No answer since " + new Date().toLocaleTimeString() + ": " + reason + ". Retrying every second.";
}

/** @param {"yes" | "no"} live @param {string} text */
function setStatus(live, text) {
  root().dataset.live = live;
  setText(element("status"), text);
}

/** @param {Inspection} inspection */
function show(inspection) {
  addSample(inspection);
  const { replicas, topics, traffic, warnings } = inspection;
  setText(element("name"), replicas[0].name);
  document.title = count(inspection.presences) + " · Presence";
  draw("presences", count, [samples.map(({ presences }) => presences)]);
  draw("topics", count, [samples.map(({ topics }) => topics.count)]);
  draw("messages", count, [ratesOf("receivedMessages"), ratesOf("sentMessages")]);
  draw("bytes", bytes, [ratesOf("receivedBytes"), ratesOf("sentBytes")]);

  setText(element("up"), replicas.filter(({ status }) => status === "up").length + " of " + replicas.length + " up");
  rows("replicas", replicas, (row, { name, id, status, isLocal, lastHeardMs, presences, lag, hearing }) => {
    row.title = "id " + id;
    row.dataset.status = status;
    row.dataset.lags = lag > 0 ? "yes" : "no";
    if (hearing !== undefined) row.dataset.hearing = hearing;
    else delete row.dataset.hearing;
    return [name, hearing ?? status, isLocal ? "here" : time(lastHeardMs), count(presences), count(lag)];
  });

  const { largest } = topics;
  setText(element("named"), largest.length < topics.count ? "the largest " + largest.length + " of " + count(topics.count) : "");
  rows("largest", largest, (row, { topic, count: presences }) => {
    row.style.setProperty("--part", (100 * presences) / largest[0].count + "%");
    return [topic, count(presences)];
  });

  setText(element("refused"), traffic.refusedMessages > 0 ? count(traffic.refusedMessages) + " messages refused" : "");
  rows("warnings", warnings, (row, { code, message, times, lastAt }) => {
    row.title = lastAt;
    return [new Date(lastAt).toLocaleTimeString(), count(times) + " ×", code + ": " + message];
  });
}

/** Starts over when another replica answers, as behind a load balancer. @param {Inspection} inspection */
function addSample(inspection) {
  const last = samples.at(-1);
  if (last?.replicas[0].id !== inspection.replicas[0].id) samples = [];
  else if (last.takenAtMs === inspection.takenAtMs) return;
  samples.push(inspection);
  while (samples[0].takenAtMs < inspection.takenAtMs - windowMs) samples.shift();
}

/** The rate per second at each sample but the first. @param {keyof Inspection["traffic"]} member */
function ratesOf(member) {
  let from = 0;
  return samples.slice(1).map(({ takenAtMs, traffic }) => {
    while (samples[from + 1].takenAtMs <= takenAtMs - ratePeriodMs) from++;
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
      const x = 120 - (120 * (now - takenAtMs)) / windowMs;
      return x.toFixed(2) + "," + (39 - (37 * value) / (peak || 1)).toFixed(2);
    });
    element(id).querySelectorAll("polyline")[line].setAttribute("points", points.join(" "));
    setText(element(id).querySelectorAll("output")[line], values.length > 0 ? text(values[values.length - 1]) : "–");
  });
  setText(/** @type {HTMLElement} */ (element(id).querySelector("small")), "peak " + text(peak));
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
    fill(row, item).forEach((text, column) => setText(row.cells[column] ?? row.insertCell(), text));
  });
}

/** Sets text, and only if it changed, so that a selection survives. @param {Element} target @param {string} text */
function setText(target, text) {
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
