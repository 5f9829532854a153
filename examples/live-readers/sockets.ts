import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { MessageText } from "../../src/index.ts";
import { publishedText } from "../support/published-text.ts";
import { type Article, articles, topicOf } from "./articles.ts";
import { articleAt } from "./pages.ts";
import type { ReaderCounts } from "./start-node.ts";

/**
 * Accepts a WebSocket from each open page, at `/live` followed by the path of the page. The page of an article counts as
 * one reader while its socket is open. The front page follows all articles and does not count.
 */
export function serveSockets(
  server: Server,
  presence: ReaderCounts,
  pingPeriodMs: number,
): { close(): void } {
  // Pages send nothing, so a client that sends a large message is not a page.
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1_024 });
  const stopPinging = terminateUnresponsive(sockets, pingPeriodMs);
  /** What each page follows, and the text in its footer. */
  const pages = new Map<WebSocket, { readonly topics: readonly string[]; published: string }>();
  const showing = setInterval(showPublished, 1_000);
  let isClosed = false;

  server.on("upgrade", (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    const path = /^\/live(\/.*)$/.exec(request.url ?? "")?.[1] ?? "";
    const article = articleAt(path);
    if (isClosed) return refuse(connection, "503 Service Unavailable");
    if (!article && path !== "/") return refuse(connection, "404 Not Found");
    sockets.handleUpgrade(request, connection, head, (socket) => {
      // ws closes a client that breaks the protocol. Without a listener, the error would end the process.
      socket.on("error", () => {});
      follow(socket, article ? [article] : articles);
      if (article) presence.track(socket, topicOf(article), "readers");
    });
  });

  /** Sends the counts of articles. The first message comes after `track`, so it includes the socket's own presence. */
  function follow(socket: WebSocket, followed: readonly Article[]): void {
    for (const article of followed) {
      const send = ({ json }: MessageText) => socket.send(`{"slug":"${article.slug}","message":${json}}`);
      presence.subscribe(topicOf(article), send, { owner: socket });
    }
    pages.set(socket, { topics: followed.map(topicOf), published: "" });
    socket.once("close", () => pages.delete(socket));
  }

  /** Tells each page what this process has published, if that has changed. */
  function showPublished(): void {
    for (const [socket, page] of pages) {
      const published = publishedText(presence, page.topics, ["readers"]);
      if (published !== page.published) socket.send(JSON.stringify({ published }));
      page.published = published;
    }
  }

  return {
    close() {
      isClosed = true;
      clearInterval(showing);
      stopPinging();
      for (const socket of sockets.clients) socket.close(1001);
      setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
        server.closeAllConnections();
      }, 1_000).unref();
    },
  };
}

/** Terminates connections whose client vanished without closing them: a phone out of range, a closed laptop. */
function terminateUnresponsive(sockets: WebSocketServer, pingPeriodMs: number): () => void {
  const unanswered = new WeakSet<WebSocket>();
  const timer = setInterval(() => {
    for (const socket of sockets.clients) {
      if (unanswered.has(socket)) {
        socket.terminate();
        continue;
      }
      unanswered.add(socket);
      socket.once("pong", () => unanswered.delete(socket));
      socket.ping();
    }
  }, pingPeriodMs);
  return () => clearInterval(timer);
}

function refuse(connection: Duplex, status: string): void {
  connection.on("error", () => connection.destroy());
  connection.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
