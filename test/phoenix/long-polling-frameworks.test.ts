import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import fastify from "fastify";
import { describe, expect, it, onTestFinished } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";
import { createEndpoint } from "../../src/phoenix/index.ts";
import { ask, PollClient } from "./poll-client.ts";
import { reply } from "./raw-client.ts";

/** An endpoint that no server is attached to. */
async function detached() {
  const endpoint = await createEndpoint();
  endpoint.channel("room:*", { join: () => {} });
  onTestFinished(() => endpoint.close());
  return endpoint;
}

async function listen(server: Server): Promise<number> {
  if (!server.listening) {
    server.listen(0);
    await once(server, "listening");
  }
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function joins(port: number): Promise<void> {
  const alice = await new PollClient(port).open();
  expect(await alice.send(["1", "1", "room:a", "phx_join", {}])).toMatchObject({ status: 200 });
  expect(await alice.take(1)).toEqual([reply("1", "1", "room:a")]);
}

describe("the handler of an endpoint", () => {
  it("serves polls as a listener of node:http, and answers other paths with 404", async () => {
    const endpoint = await detached();
    const port = await listen(createServer(endpoint.handler));
    await joins(port);
    expect(await ask(port, "/")).toMatchObject({ code: 404 });
    expect(await ask(port, "/socket/longpolling")).toMatchObject({ code: 404 });
    await endpoint.close();
    expect(await ask(port, "/socket/longpoll")).toMatchObject({ code: 404 });
  });

  it.each(["/socket", "/socket/longpoll"])("serves polls in Express, mounted at %s", async (path) => {
    const endpoint = await detached();
    const app = express();
    app.use(path, endpoint.handler);
    app.use((_request, response) => void response.status(418).end());
    const port = await listen(app.listen(0));
    await joins(port);
    for (const other of ["/", "/socket", "/socket/longpolling"]) {
      expect(await ask(port, other)).toMatchObject({ code: 418 });
    }
  });

  it("reads the body that middleware of Express has read as text", async () => {
    const endpoint = await detached();
    const app = express();
    app.use(express.text({ type: "*/*" }), endpoint.handler);
    await joins(await listen(app.listen(0)));
  });

  it("serves polls in Fastify", async () => {
    const endpoint = await detached();
    const app = fastify();
    onTestFinished(() => app.close());
    // Fastify must leave the body to the endpoint.
    app.addContentTypeParser("application/x-ndjson", (_request, _body, done) => done(null));
    app.all("/socket/longpoll", (request, answer) => {
      answer.hijack();
      endpoint.handler(request.raw, answer.raw);
    });
    await app.listen({ port: 0 });
    const { port } = app.server.address() as AddressInfo;
    await joins(port);
    expect(await ask(port, "/other")).toMatchObject({ code: 404 });
  });

  it("passes all requests on with longPoll: false", async () => {
    const endpoint = await createEndpoint({ longPoll: false });
    const port = await listen(createServer(endpoint.handler));
    expect(await ask(port, "/socket/longpoll")).toMatchObject({ code: 404 });
  });
});

describe("a response that a framework has broken", () => {
  /** An endpoint behind a middleware that breaks the answers of requests with the header `broken`. */
  async function serve() {
    const errors: string[] = [];
    const endpoint = await createEndpoint({ onError: ({ message }) => errors.push(message) });
    endpoint.channel("room:*", { join: () => {} });
    onTestFinished(() => endpoint.close());
    let polls = 0;
    const server = createServer((request, response) => {
      if (request.headers["broken"] !== undefined) {
        polls++;
        response.writeHead = () => {
          throw new Error("the middleware is broken");
        };
      }
      endpoint.handler(request, response);
    });
    return { port: await listen(server), errors, polls: () => polls };
  }

  const broken = { headers: { broken: "yes" } };

  it("ends the connection and is reported, when a client connects", async () => {
    const { port, errors } = await serve();
    await expect(ask(port, "/socket/longpoll?vsn=2.0.0&token=null", broken)).rejects.toThrow("hang up");
    expect(errors).toEqual(["the middleware is broken"]);
  });

  it("loses no message: the next poll gets it", async () => {
    const { port, errors, polls } = await serve();
    const alice = await new PollClient(port).open();
    const poll = expect(alice.poll(broken)).rejects.toThrow("hang up");
    await waitUntil(() => polls() === 1, "the poll");
    expect(await alice.send(["1", "1", "room:a", "phx_join", {}])).toMatchObject({ status: 200 });
    await poll;
    expect(errors).toEqual(["the middleware is broken"]);
    expect(await alice.take(1)).toEqual([reply("1", "1", "room:a")]);
  });
});

describe("attach", () => {
  it("serves polls before Express and Fastify see them", async () => {
    const [first, second] = [await detached(), await detached()];
    const app = express();
    app.use((_request, response) => void response.status(418).end());
    const server = app.listen(0);
    first.attach(server);
    const port = await listen(server);
    await joins(port);
    expect(await ask(port, "/other")).toMatchObject({ code: 418 });

    const fast = fastify();
    onTestFinished(() => fast.close());
    second.attach(fast.server);
    await fast.listen({ port: 0 });
    await joins((fast.server.address() as AddressInfo).port);
  });
});
