import { createHash } from "node:crypto";
import { pageScript } from "./page-script.ts";
import { pageStyle } from "./page-style.ts";

/** The page is static. Its script fetches the data of the cluster as JSON and inserts it as text. */
export const page: string = `<!doctype html>
<html lang="en" data-live="no">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Presence</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='6' fill='%233a7d5c'/%3E%3C/svg%3E">
<style>${pageStyle}</style>
</head>
<body>
<header>
<h1>Presence</h1>
<p>as <bdi id="name">this node</bdi> sees it</p>
<p id="status" role="status">Connecting…</p>
<noscript><p>This page needs JavaScript. The same numbers are at <a href="?json">?json</a>.</p></noscript>
</header>
<main>
<section class="figures" aria-label="Figures">
${figure("Presences", "presences")}
${figure("Topics", "topics")}
${figure("Messages/s", "messages", "in", "out")}
${figure("Bytes/s", "bytes", "in", "out")}
</section>
<section>
<h2>Replicas <small id="up"></small></h2>
<div class="wide"><table>
<thead><tr><th>Name<th>Status<th>Last heard<th>Presences<th>Lag</thead>
<tbody id="replicas"></tbody>
</table></div>
</section>
<section>
<h2>Warnings <small id="refused"></small></h2>
<table>
<thead><tr><th>Last<th>Times<th>What</thead>
<tbody id="warnings"></tbody>
</table>
</section>
<section>
<h2>Topics <small id="named"></small></h2>
<table>
<thead><tr><th>Topic<th>Presences</thead>
<tbody id="largest"></tbody>
</table>
</section>
</main>
<script>${pageScript}</script>
</body>
</html>
`;

/** Allows only the script and style of the page, and requests only to its own server. */
export const contentSecurityPolicy: string = [
  "default-src 'none'",
  `script-src ${hashOf(pageScript)}`,
  `style-src ${hashOf(pageStyle)}`,
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

function figure(title: string, id: string, ...lines: string[]): string {
  const numbers = lines.length === 0 ? ["<output>–</output>"] : lines.map(numberOf);
  const drawn = numbers.map(() => "<polyline/>").join("");
  return `<figure id="${id}">
<figcaption>${title}</figcaption>
<p>${numbers.join(" ")}</p>
<svg viewBox="0 0 120 40" preserveAspectRatio="none" role="img" aria-label="${title} of the last two minutes">${drawn}</svg>
<small>&nbsp;</small>
</figure>`;
}

function numberOf(line: string): string {
  return `<span>${line} <output>–</output></span>`;
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
