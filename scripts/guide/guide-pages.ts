import ts from "typescript";
import { forNode, type SampleOptions } from "./samples.ts";

/** A page whose samples are compiled, each as a file of its own. */
export interface GuidePage {
  readonly path: string;
  readonly options: SampleOptions;
  /** The number of samples with comments that show their output. These samples are run. */
  readonly printing: number;
}

const forBrowser: SampleOptions = {
  moduleDetection: ts.ModuleDetectionKind.Force,
  lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  jsx: ts.JsxEmit.ReactJSX,
  types: [],
};

/** All pages with samples, except those in `excerpts`. */
export const guidePages: readonly GuidePage[] = [
  inNode("README.md", 1),
  inNode("docs/from-phoenix.md", 1),
  inNode("docs/from-socket.io.md"),
  inNode("docs/presence.md", 1),
  inNode("docs/tracker.md"),
  inNode("docs/promises.md", 1),
  inNode("docs/projections.md", 3),
  inNode("docs/counts.md", 2),
  inNode("docs/metas.md", 2),
  inNode("docs/limits.md", 1),
  inNode("docs/secret.md"),
  inNode("docs/deploys.md"),
  inNode("docs/environments.md"),
  inNode("docs/liveness.md"),
  inNode("docs/testing-your-code.md", 1),
  inNode("docs/property-test.md"),
  inNode("docs/phoenix.md"),
  inNode("docs/inspector.md"),
  inNode("docs/metrics.md"),
  inNode("docs/simulation.md"),
  inNode("docs/express.md"),
  inNode("docs/fastify.md"),
  inNode("docs/socket.io.md"),
  inNode("docs/drivers/memory.md"),
  inNode("docs/drivers/broadcast-channel.md"),
  inNode("docs/drivers/cluster.md"),
  inNode("docs/drivers/redis.md"),
  inNode("docs/drivers/ioredis.md"),
  inNode("docs/drivers/nats.md"),
  inNode("docs/drivers/postgres.md"),
  given(
    "docs/drivers/custom.md",
    `declare const it: typeof import("vitest").it;
     declare function mqttPubSub(options: { client: import("mqtt").MqttClient }): import("rollcall").PubSub;
     declare function connected(): Promise<import("mqtt").MqttClient>;
     declare function restartTheBroker(): Promise<void>;`,
  ),
  given(
    "docs/testing.md",
    `declare const it: typeof import("vitest").it;
     declare const assert: typeof import("node:assert");
     declare function myPubSub(): import("rollcall").PubSub;
     declare const empty: ReadonlySet<string>;
     declare function reduce(presences: ReadonlySet<string>, message: { event: string }): ReadonlySet<string>;
     declare function usersTyping(presences: ReadonlySet<string>): string[];
     declare function usersTypingIn(state: import("rollcall/client").PresenceState): string[];`,
  ),
  { path: "docs/client.md", options: forBrowser, printing: 0 },
  { path: "docs/react.md", options: forBrowser, printing: 0 },
];

/** Pages whose samples are copies of code in the example of the same name, which is compiled with the repository. */
export const excerpts: readonly string[] = ["live-readers", "channel-counts", "chat-room"];

function inNode(path: string, printing = 0): GuidePage {
  return { path, options: forNode, printing };
}

function given(path: string, declarations: string): GuidePage {
  return { path, options: { ...forNode, given: declarations }, printing: 0 };
}
