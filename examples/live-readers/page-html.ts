import { publishedText } from "../support/published-text.ts";
import { type Article, articles, topicOf } from "./articles.ts";
import type { ReaderCounts } from "./start-node.ts";

/** The parts that all pages share. */
export interface PageFrame {
  readonly style: string;
  readonly servedBy: string;
}

export function frontPage(presence: ReaderCounts, frame: PageFrame): string {
  const items = articles.map(
    (article) => `
      <li>
        <h2><a href="/articles/${article.slug}">${escapeHtml(article.title)}</a></h2>
        <p class="summary">${escapeHtml(article.summary)}</p>
        <p class="facts">${article.minutes} min ${readers(article, presence)}</p>
      </li>`,
  );
  return page(
    "Slow Kettle",
    `<header class="masthead">
      <h1>Slow Kettle</h1>
      <p>Small essays for a quiet quarter of an hour</p>
    </header>
    <main><ol class="articles">${items.join("")}
    </ol></main>`,
    frame,
    published(articles, presence),
  );
}

export function articlePage(article: Article, presence: ReaderCounts, frame: PageFrame): string {
  const next = articles[(articles.indexOf(article) + 1) % articles.length]!;
  return page(
    `${article.title} · Slow Kettle`,
    `<nav><a href="/">Slow Kettle</a></nav>
    <main><article>
      <h1>${escapeHtml(article.title)}</h1>
      <p class="summary">${escapeHtml(article.summary)}</p>
      <p class="facts">${article.minutes} min ${readers(article, presence)}</p>
      <div class="prose">${article.paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`).join("\n      ")}</div>
    </article></main>
    <aside>Next: <a href="/articles/${next.slug}">${escapeHtml(next.title)}</a></aside>`,
    frame,
    published([article], presence),
  );
}

export function missingPage(frame: PageFrame): string {
  return page(
    "Not here · Slow Kettle",
    `<nav><a href="/">Slow Kettle</a></nav>
    <main><h1>Not here</h1><p class="summary">There is no such page. The kettle is on, though.</p></main>`,
    frame,
  );
}

/** The number of readers when the page is rendered. The script of the page keeps it current. */
function readers(article: Article, presence: ReaderCounts): string {
  const count = presence.count(topicOf(article), "readers");
  return `<span class="readers" data-readers="${article.slug}" data-count="${count}"><b>${count}</b> reading now</span>`;
}

/** What this node has published when the page is rendered. The script of the page keeps it current, too. */
function published(shown: readonly Article[], presence: ReaderCounts): string {
  return `<p data-published>${escapeHtml(publishedText(presence, shown.map(topicOf), ["readers"]))}</p>`;
}

function page(title: string, content: string, { style, servedBy }: PageFrame, footer = ""): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${escapeHtml(title)}</title>
    <link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='6' fill='%233a7d5c'/%3E%3C/svg%3E">
    <style>${style}</style>
    <script src="/live-readers.js" defer></script>
  </head>
  <body>
    ${content}
    <footer>Served by ${escapeHtml(servedBy)}. The numbers count readers on all nodes.${footer}</footer>
  </body>
</html>
`;
}

/** Escapes text for HTML, and turns straight apostrophes into typographic ones. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`).replaceAll("'", "’");
}
