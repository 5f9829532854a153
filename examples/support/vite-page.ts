import type { RequestListener } from "node:http";
import { extname } from "node:path";
import { build, type Rolldown, type UserConfig } from "vite";

/** What Vite built, by path: `/index.html` and its assets. */
export type BuiltFiles = ReadonlyMap<string, string | Uint8Array>;

/** Builds a page into memory: there is nothing to clean up, and nothing stale. A product has Vite write its files. */
export async function buildPage(config: UserConfig): Promise<BuiltFiles> {
  const { output } = (await build({
    ...config,
    configFile: false,
    logLevel: "warn",
    build: { write: false },
  })) as Rolldown.RolldownOutput;
  return new Map(output.map((file) => [`/${file.fileName}`, "code" in file ? file.code : file.source]));
}

/** Answers with the page at paths that are its own, and with what belongs to it. From `/` it leads to `home`. */
export function servePage(
  files: BuiltFiles,
  home: string,
  isPage: (path: string) => boolean,
): RequestListener {
  return ({ url, method }, response) => {
    const { pathname } = new URL(url ?? "/", "http://localhost");
    const send = (status: number, headers: Record<string, string>, body: string | Uint8Array = "") => {
      response.writeHead(status, headers);
      response.end(method === "HEAD" ? undefined : body);
    };
    if (method !== "GET" && method !== "HEAD") return send(405, typed(".txt"), "GET only\n");
    if (isPage(pathname)) return send(200, typed(".html"), files.get("/index.html"));
    if (pathname === "/") return send(302, { location: home });
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
