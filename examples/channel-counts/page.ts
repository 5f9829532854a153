import type { RequestListener } from "node:http";
import { extname } from "node:path";
import { build, type Rolldown } from "vite";
import { filmOf, films } from "./films.ts";
import config from "./vite.config.ts";

/** What Vite built, by path: `/index.html` and its assets. */
export type Files = ReadonlyMap<string, string | Uint8Array>;

/** Builds the page into memory: there is nothing to clean up, and nothing stale. A product has Vite write its files. */
export async function buildPage(): Promise<Files> {
  const { output } = (await build({
    ...config,
    configFile: false,
    logLevel: "warn",
    build: { write: false },
  })) as Rolldown.RolldownOutput;
  return new Map(output.map((file) => [`/${file.fileName}`, "code" in file ? file.code : file.source]));
}

/** The page at `/films/…`, and what belongs to it. */
export function servePage(files: Files): RequestListener {
  return ({ url, method }, response) => {
    const { pathname } = new URL(url ?? "/", "http://localhost");
    const send = (status: number, headers: Record<string, string>, body: string | Uint8Array = "") => {
      response.writeHead(status, headers);
      response.end(method === "HEAD" ? undefined : body);
    };
    if (method !== "GET" && method !== "HEAD") return send(405, typed(".txt"), "GET only\n");
    if (pathname === "/") return send(302, { location: `/films/${films[0]!.id}` });
    const id = /^\/films\/([a-z0-9-]+)$/.exec(pathname)?.[1];
    if (id !== undefined && filmOf(id)) return send(200, typed(".html"), files.get("/index.html"));
    const asset = pathname.startsWith("/assets/") ? files.get(pathname) : undefined;
    // Vite names assets by their content.
    const forEver = { "cache-control": "public, max-age=31536000, immutable" };
    if (asset !== undefined) return send(200, { ...typed(extname(pathname)), ...forEver }, asset);
    return send(404, typed(".txt"), "There is no such page.\n");
  };
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

function typed(extension: string): { "content-type": string } {
  return { "content-type": types[extension] ?? "application/octet-stream" };
}
