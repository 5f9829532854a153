import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { LongPoll, Socket } from "phoenix";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startBroker } from "../../scripts/brokers/broker-server.ts";
import { type DriverName, drivers } from "../../scripts/brokers/drivers.ts";
import { brokerRecipes, isInstalled } from "../../scripts/brokers/recipes.ts";
import { waitUntil } from "../../scripts/wait-until.ts";
import { join } from "../phoenix/official-client.ts";
import { pushAndWait } from "../phoenix/official-member.ts";
import { PollClient } from "../phoenix/poll-client.ts";
import { bundle } from "../support/bundle.ts";

interface PollingNode {
  readonly port: number;
  kill(): Promise<void>;
}

// PostgreSQL carries the smallest messages.
describe.each<DriverName>(["redis", "postgres"])("processes over %s with clients that poll", (driver) => {
  const itOver = it.skipIf(!isInstalled(drivers[driver].broker));
  let program: Awaited<ReturnType<typeof bundle>>;

  beforeAll(async () => {
    program = await bundle(new URL("./support/polling-node.ts", import.meta.url));
  });

  afterAll(() => program.remove());

  async function nodes(count: number): Promise<PollingNode[]> {
    const broker = await startBroker(brokerRecipes[drivers[driver].broker]);
    onTestFinished(() => broker.stop());
    const started = Array.from({ length: count }, async () => {
      const child: ChildProcess = fork(program.path, [driver, String(broker.port)], { execArgv: [] });
      const kill = async () => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const exited = once(child, "exit");
        child.kill("SIGKILL");
        await exited;
      };
      onTestFinished(kill);
      const [port] = (await once(child, "message")) as [number];
      return { port, kill };
    });
    return Promise.all(started);
  }

  itOver("pass requests on to the process of their session, and answer 410 when it was killed", async () => {
    const [tokyo, paris] = await nodes(2);
    const alice = await new PollClient(tokyo!.port, "vsn=2.0.0&user=alice").open();
    const away = alice.at(paris!.port);
    const text = "å".repeat(10_000);
    const batch = [
      ["1", "1", "room:a", "phx_join", {}],
      ["1", "2", "room:a", "echo", { text }],
    ];
    expect(await away.send(...batch)).toMatchObject({ status: 200 });
    const frames = (await away.take(3)) as unknown[][];
    expect(frames.map(([, , , event]) => event)).toEqual(["phx_reply", "presence_state", "phx_reply"]);
    expect(frames[2]![4]).toEqual({ status: "ok", response: { text } });
    await tokyo!.kill();
    expect(await away.poll()).toMatchObject({ code: 200, status: 410 });
    expect(await away.send(["1", "3", "room:a", "echo", {}])).toMatchObject({ code: 200, status: 410 });
    const again = await new PollClient(paris!.port, "vsn=2.0.0&user=alice").open();
    expect(await again.send(["1", "1", "room:a", "phx_join", {}])).toMatchObject({ status: 200 });
  });

  itOver("serve the official client behind a balancer, which joins again when one was killed", async () => {
    const all = await nodes(3);
    const left = new Set(all);
    let requests = 0;
    const balancer = createServer((request, response) => {
      const target = [...left][requests++ % left.size]!;
      const { method, url, headers } = request;
      const passed = httpRequest({ port: target.port, host: "localhost", method, path: url, headers });
      passed.on("response", (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      });
      passed.on("error", () => response.destroy());
      response.on("close", () => passed.destroy());
      request.pipe(passed);
    });
    balancer.listen(0);
    await once(balancer, "listening");
    onTestFinished(() => {
      balancer.closeAllConnections();
      balancer.close();
    });
    const { port } = balancer.address() as AddressInfo;
    const members = ["alice", "bob", "carol"].map((user) => {
      const options = { transport: LongPoll as never, reconnectAfterMs: () => 50, rejoinAfterMs: () => 50 };
      const socket = new Socket(`http://localhost:${port}/socket`, { params: { user }, ...options });
      onTestFinished(() => socket.disconnect());
      socket.connect();
      return join(socket, "room:a");
    });
    await waitUntil(() => members.every(({ joins }) => joins.length > 0), "all to join");
    for (const { channel } of members) {
      expect(await pushAndWait(channel, "echo", { n: 1 })).toEqual(["ok", { n: 1 }]);
    }
    left.delete(all[0]!);
    await all[0]!.kill();
    for (const { channel } of members) {
      let isAnswered = false;
      await waitUntil(() => {
        if (channel.state === "joined")
          channel.push("echo", {}, 500).receive("ok", () => (isAnswered = true));
        return isAnswered;
      }, "an answer after the kill");
    }
  });
});
