/** The style of the page. It follows the light or dark setting of the reader, and fits phones. */
export const pageStyle = `
:root {
  --paper: #fbf9f4;
  --card: #fffefb;
  --ink: #26231e;
  --quiet: #6f685c;
  --line: #e4ded1;
  --one: #2f7a57;
  --two: #b3651b;
  --bad: #b3261e;
  --share: #e9f1ea;
  color-scheme: light dark;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #191815;
    --card: #211f1b;
    --ink: #e8e3d8;
    --quiet: #a39b8b;
    --line: #35322b;
    --one: #6cc497;
    --two: #e0a15c;
    --bad: #f2877f;
    --share: #22352b;
  }
}
* { box-sizing: border-box; }
body {
  max-width: 64rem;
  margin: 0 auto;
  padding: clamp(1rem, 3vw, 2.5rem) 1rem 3rem;
  background: var(--paper);
  color: var(--ink);
  font: 0.9375rem / 1.5 system-ui, sans-serif;
  font-variant-numeric: tabular-nums;
  -webkit-text-size-adjust: 100%;
}
header { display: flex; flex-wrap: wrap; gap: 0.2rem 0.6rem; align-items: baseline; margin-bottom: 1.5rem; }
h1 { margin: 0; font-size: 1.6rem; letter-spacing: -0.015em; }
h2 { margin: 2rem 0 0.4rem; font-size: 1.05rem; }
header p { margin: 0; color: var(--quiet); }
bdi, td { overflow-wrap: anywhere; unicode-bidi: isolate; }
#name { color: var(--ink); font-weight: 600; }
#status { margin-left: auto; color: var(--bad); }
#status::before {
  display: inline-block;
  width: 0.6em;
  height: 0.6em;
  margin-right: 0.45em;
  border: 1.5px solid currentcolor;
  border-radius: 50%;
  content: "";
}
[data-live="yes"] #status { color: var(--one); }
[data-live="yes"] #status::before { background: currentcolor; }
[data-live="no"] main { opacity: 0.45; }
small { color: var(--quiet); font-size: 0.8125rem; font-weight: 400; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(13.5rem, 100% / 2 - 0.5rem), 1fr)); gap: 0.75rem; }
figure { display: flex; flex-direction: column; margin: 0; padding: 0.8rem 1rem 0.6rem; border: 1px solid var(--line); border-radius: 0.6rem; background: var(--card); }
figcaption { color: var(--quiet); font-size: 0.8125rem; }
figure p { display: flex; flex-wrap: wrap; gap: 0 0.9rem; align-items: baseline; margin: 0.1rem 0 0.4rem; }
figure span { color: var(--one); font-size: 0.8125rem; }
figure span + span { color: var(--two); }
output { color: var(--ink); font-size: 1.35rem; font-weight: 600; white-space: nowrap; }
svg { width: 100%; margin-top: auto; height: 2.75rem; overflow: visible; border-bottom: 1px solid var(--line); }
polyline { fill: none; stroke: var(--one); stroke-width: 1.5; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
polyline + polyline { stroke: var(--two); }
figure small { display: block; margin-top: 0.25rem; text-align: right; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; }
th { color: var(--quiet); font-size: 0.8125rem; font-weight: 400; text-align: left; }
th, td { padding: 0.35rem 0.75rem 0.35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
#replicas td:nth-child(n + 2), #largest td:last-child { white-space: nowrap; }
table:has(#replicas) :is(th, td):nth-child(n + 3), table:has(#largest) :is(th, td):last-child { text-align: right; }
#replicas td:first-child { min-width: 5.5rem; }
#warnings td:nth-child(-n + 2) { white-space: nowrap; }
[data-status="up"] td:nth-child(2) { color: var(--one); }
[data-status="leaving"] td:nth-child(2) { color: var(--two); }
[data-status="down"] td:nth-child(2) { color: var(--bad); font-weight: 600; }
[data-hearing] td:nth-child(2) { color: var(--bad); font-weight: 600; }
[data-lags="yes"] td:nth-child(5) { color: var(--two); font-weight: 600; }
#largest td:first-child { background: linear-gradient(to right, var(--share) var(--part), transparent var(--part)); padding-left: 0.4rem; }
@media (max-width: 30rem) {
  body { font-size: 0.875rem; }
  figure { padding: 0.6rem 0.75rem 0.4rem; }
  output { font-size: 1.15rem; }
  th, td { padding-right: 0.5rem; }
}
tbody:empty::after { display: table-cell; padding: 0.5rem 0; color: var(--quiet); content: "None."; }
`;
