import { expect, it } from "vitest";
import { createCountStore, createPresenceStore } from "../../src/client/index.ts";
import type { MutableState } from "../../src/payload.ts";
import { createPresence } from "../../src/presence/create-presence.ts";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { bundleCode } from "../support/bundle.ts";

// The part of React that turns the props of Client Components into bytes, as Next.js uses it.
const { path, remove } = await bundleCode(
  'export { renderToReadableStream } from "react-server-dom-webpack/server.node";',
  { conditions: ["react-server"] },
);
const { renderToReadableStream } = (await import(path)) as {
  renderToReadableStream(
    value: unknown,
    manifest: object,
    options: { onError(error: Error): void },
  ): ReadableStream;
};
remove();

/** The bytes that React sends to the browser, or its error. */
async function sendToClientComponent(props: object): Promise<string> {
  const errors: string[] = [];
  const stream = renderToReadableStream(props, {}, { onError: ({ message }) => void errors.push(message) });
  const text = await new Response(stream).text();
  return errors.length > 0 ? errors.join() : text;
}

it("React refuses objects without a prototype, as this test must notice", async () => {
  const presences = Object.assign(Object.create(null), { alice: { metas: [] } });
  expect(await sendToClientComponent({ presences })).toContain("null prototypes are not supported");
});

const fetches = {
  "no fetch": undefined,
  "a fetch that returns what it got": (_topic: string, presences: MutableState) => presences,
  "a fetch that wraps what it got": (_topic: string, presences: MutableState) => ({ lobby: { presences } }),
};

it.each(Object.entries(fetches))("React sends what list gives with %s", async (_name, fetch) => {
  const presence = await createPresence({ pubsub: memoryPubSub(), ...(fetch && { fetch: fetch as never }) });
  for (const key of ["alice", "constructor", "7"])
    presence.track("tab", "lobby", key, { device: { name: "phone" } });
  const sent = await sendToClientComponent({ presences: await presence.list("lobby") });
  for (const key of ["alice", "constructor", "7"])
    expect(sent).toContain(`"${key}":{"metas":[{"device":{"name":"phone"}`);
  await presence.close();
});

it("React sends what stores show", async () => {
  const [store, counts] = [createPresenceStore(), createCountStore()];
  store.receive('{"event":"presence_state","payload":{"constructor":{"metas":[{"phx_ref":"c1"}]}}}');
  counts.receive('{"event":"presence_state","payload":{"readers":{"count":3}}}');
  const sent = await sendToClientComponent({ here: store.getSnapshot(), counts: counts.getSnapshot() });
  expect(sent).toContain('"constructor":{"metas":[{"phx_ref":"c1"}]}');
  expect(sent).toContain('"readers":{"count":3}');
});
