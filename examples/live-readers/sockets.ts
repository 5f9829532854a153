import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { type Article, articles, topicOf } from "./articles.ts";
import { articleAt } from "./pages.ts";
import type { ReaderCounts } from "./start-node.ts";

/**
 * A WebSocket for each open page, at `/live` and the page's own path. An article's page is one reader as long as its
 * socket is open; the front page follows all articles and is no reader.
 */
export function serveSockets(
  server: Server,
  presence: ReaderCounts,
  pingPeriodMs: number,
): { close(): void } {
  // Pages say nothing: whoever sends much is none.
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1_024 });
  const stopPinging = endTheDead(sockets, pingPeriodMs);
  let isClosed = false;

  server.on("upgrade", (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    const path = /^\/live(\/.*)$/.exec(request.url ?? "")?.[1] ?? "";
    const article = articleAt(path);
    if (isClosed) return refuse(connection, "503 Service Unavailable");
    if (!article && path !== "/") return refuse(connection, "404 Not Found");
    sockets.handleUpgrade(request, connection, head, (socket) => {
      // A client that breaks the protocol is closed by ws; nobody else is to hear of it.
      socket.on("error", () => {});
      follow(socket, article ? [article] : articles);
      if (article) presence.track(socket, topicOf(article), "readers");
    });
  });

  /** Before it is tracked, so that its first message counts it. */
  function follow(socket: WebSocket, followed: readonly Article[]): void {
    const stops = followed.map((article) =>
      presence.subscribe(topicOf(article), (message) =>
        socket.send(`{"slug":"${article.slug}","message":${message}}`),
      ),
    );
    socket.once("close", () => {
      for (const stop of stops) stop();
    });
  }

  return {
    close() {
      isClosed = true;
      stopPinging();
      for (const socket of sockets.clients) socket.close(1001);
      setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
        server.closeAllConnections();
      }, 1_000).unref();
    },
  };
}

/** Ends connections whose other end is gone without a word: a phone out of range, a laptop that was shut. */
function endTheDead(sockets: WebSocketServer, pingPeriodMs: number): () => void {
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
