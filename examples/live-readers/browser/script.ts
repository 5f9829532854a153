/** Keeps the numbers of a page: one socket, opened again for as long as the page is open. */
import { type CountStore, createCountStore } from "../../../src/client/count-store.ts";
import { ReconnectingSocket } from "./reconnecting-socket.ts";

const line = new ReconnectingSocket(
  `${location.origin.replace("http", "ws")}/live${location.pathname}`,
  (text) => {
    const { slug, message } = JSON.parse(text);
    stores.get(slug)?.receive(message);
  },
);

const stores = new Map(
  Array.from(document.querySelectorAll<HTMLElement>("[data-readers]"), (element) => [
    element.dataset["readers"],
    storeFor(element),
  ]),
);

line.onState = (isLive) => {
  document.documentElement.dataset["live"] = isLive ? "yes" : "no";
};
if (stores.size > 0) line.open();

function storeFor(element: HTMLElement): CountStore<"readers"> {
  const number = element.querySelector("b")!;
  // A message was missed. The first one of a new connection has the whole count.
  const store = createCountStore<"readers">(undefined, { onBelowZero: () => line.renew() });
  store.subscribe(() => {
    const count = String(store.getSnapshot()!.readers.count);
    if (number.textContent === count) return;
    number.textContent = count;
    element.dataset["count"] = count;
  });
  return store;
}
