import type { IncomingMessage } from "node:http";

/** The path that a request asks for, without the query. `new URL` would throw for what clients may send, such as `//`. */
export function pathOf({ url = "/" }: IncomingMessage): string {
  return url.split(/[?#]/, 1)[0]!;
}
