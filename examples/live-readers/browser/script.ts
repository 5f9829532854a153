/** Keeps the numbers of a page current, over one socket that reconnects for as long as the page is open. */
import { type CountStore, createCountStore } from "../../../src/client/count-store.ts";
import { ReconnectingSocket } from "./reconnecting-socket.ts";

const connection = new ReconnectingSocket(
  `${location.origin.replace("http", "ws")}/live${location.pathname}`,
  (text) => {
    const { slug, message, published } = JSON.parse(text);
    if (published) document.querySelector("[data-published]")!.textContent = published;
    else stores.get(slug)?.receive(message);
  },
);

const stores = new Map(
  Array.from(document.querySelectorAll<HTMLElement>("[data-readers]"), (element) => [
    element.dataset["readers"],
    storeFor(element),
  ]),
);

connection.onState = (isLive) => {
  document.documentElement.dataset["live"] = isLive ? "yes" : "no";
};
if (stores.size > 0) connection.open();

function storeFor(element: HTMLElement): CountStore<"readers"> {
  const number = element.querySelector("b")!;
  // A message was lost. The first message of a new connection has the whole count.
  const store = createCountStore<"readers">(undefined, { onBelowZero: () => connection.renew() });
  store.subscribe(() => {
    const count = String(store.getSnapshot()!.readers.count);
    if (number.textContent === count) return;
    number.textContent = count;
    element.dataset["count"] = count;
  });
  return store;
}
