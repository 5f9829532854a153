import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { pathOf } from "../support/path-of.ts";
import { articleOf } from "./articles.ts";
import { articlePage, frontPage, missingPage } from "./page-html.ts";
import type { ReaderCounts } from "./start-node.ts";

/** Serves the pages of the blog. They only read counts. The socket tracks the reader, because it closes with the page. */
export function servePages(presence: ReaderCounts, script: string, servedBy: string): RequestListener {
  const frame = { style: readFileSync(new URL("style.css", import.meta.url), "utf8"), servedBy };
  return (request, response) => {
    const pathname = pathOf(request);
    const send = (status: number, type: string, body: string) => {
      response.writeHead(status, { "content-type": `${type}; charset=utf-8`, "cache-control": "no-cache" });
      response.end(request.method === "HEAD" ? undefined : body);
    };
    if (request.method !== "GET" && request.method !== "HEAD") return send(405, "text/plain", "GET only\n");
    if (pathname === "/live-readers.js") return send(200, "text/javascript", script);
    if (pathname === "/") return send(200, "text/html", frontPage(presence, frame));
    const article = articleAt(pathname);
    if (article) return send(200, "text/html", articlePage(article, presence, frame));
    return send(404, "text/html", missingPage(frame));
  };
}

/** The article whose page is at a path, or `undefined`. */
export function articleAt(pathname: string): ReturnType<typeof articleOf> {
  const slug = /^\/articles\/([a-z0-9-]+)$/.exec(pathname)?.[1];
  return slug === undefined ? undefined : articleOf(slug);
}

/** Bundles the script of the pages, with the parts of `rollcall/client` that it uses. */
export async function bundleScript(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("browser/script.ts", import.meta.url))],
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    write: false,
  });
  return outputFiles[0]!.text;
}
