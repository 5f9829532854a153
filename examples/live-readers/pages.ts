import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { articleOf } from "./articles.ts";
import { articlePage, frontPage, missingPage } from "./page-html.ts";
import type { ReaderCounts } from "./start-node.ts";

/** The pages of the blog. They read the counts and track nobody: that is for the socket, which knows when a page closes. */
export function servePages(presence: ReaderCounts, script: string, servedBy: string): RequestListener {
  const around = { style: readFileSync(new URL("style.css", import.meta.url), "utf8"), servedBy };
  return (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const send = (status: number, type: string, body: string) => {
      response.writeHead(status, { "content-type": `${type}; charset=utf-8`, "cache-control": "no-cache" });
      response.end(request.method === "HEAD" ? undefined : body);
    };
    if (request.method !== "GET" && request.method !== "HEAD") return send(405, "text/plain", "GET only\n");
    if (pathname === "/live-readers.js") return send(200, "text/javascript", script);
    if (pathname === "/") return send(200, "text/html", frontPage(presence, around));
    const article = articleAt(pathname);
    if (article) return send(200, "text/html", articlePage(article, presence, around));
    return send(404, "text/html", missingPage(around));
  };
}

/** What an address of an article names, if there is one. */
export function articleAt(pathname: string): ReturnType<typeof articleOf> {
  const slug = /^\/articles\/([a-z0-9-]+)$/.exec(pathname)?.[1];
  return slug === undefined ? undefined : articleOf(slug);
}

/** The script of the pages, with what it uses of `rollcall/client`. */
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
