import type { RequestListener } from "node:http";
import { extname } from "node:path";
import { build, type Rolldown, type UserConfig } from "vite";
import { pathOf } from "./path-of.ts";

/** The files that Vite built, by path: `/index.html` and its assets. */
export type BuiltFiles = ReadonlyMap<string, string | Uint8Array>;

/** Builds a page into memory, so that no files stay behind. A real application lets Vite write its files. */
export async function buildPage(config: UserConfig): Promise<BuiltFiles> {
  const { output } = (await build({
    ...config,
    configFile: false,
    logLevel: "warn",
    // Without the warning that a plugin is slow, which depends on the load of the machine.
    build: { write: false, rolldownOptions: { checks: { bundlerTimings: false } } },
  })) as Rolldown.RolldownOutput;
  return new Map(output.map((file) => [`/${file.fileName}`, "code" in file ? file.code : file.source]));
}

/** Serves the page at the paths that `isPage` accepts, and its assets. Redirects `/` to `home`. */
export function servePage(
  files: BuiltFiles,
  home: string,
  isPage: (path: string) => boolean,
): RequestListener {
  return (request, response) => {
    const { method } = request;
    const pathname = pathOf(request);
    const send = (status: number, headers: Record<string, string>, body: string | Uint8Array = "") => {
      response.writeHead(status, headers);
      response.end(method === "HEAD" ? undefined : body);
    };
    if (method !== "GET" && method !== "HEAD") return send(405, contentType(".txt"), "GET only\n");
    if (isPage(pathname)) return send(200, contentType(".html"), files.get("/index.html"));
    if (pathname === "/") return send(302, { location: home });
    const asset = pathname.startsWith("/assets/") ? files.get(pathname) : undefined;
    // The name of an asset contains a hash of its content.
    const cacheForever = { "cache-control": "public, max-age=31536000, immutable" };
    if (asset !== undefined) return send(200, { ...contentType(extname(pathname)), ...cacheForever }, asset);
    return send(404, contentType(".txt"), "There is no such page.\n");
  };
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

function contentType(extension: string): { "content-type": string } {
  return { "content-type": types[extension] ?? "application/octet-stream" };
}
