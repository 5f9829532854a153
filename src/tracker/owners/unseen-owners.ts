/** A family of objects that look like owners, but do not emit or dispatch `close` when they end. */
interface UnseenFamily {
  readonly is: (owner: OwnerMembers) => boolean;
  /** What is wrong and what to pass, as the rest of a sentence that begins with `The owner is`. */
  readonly refusal: string;
}

/** The members that tell the family. A class check would fail for other libraries, runtimes and realms. */
type OwnerMembers = Readonly<Record<string, unknown>>;

const isFunction = (member: unknown): boolean => typeof member === "function";

const PASS_STRING = "Pass a string instead, and call end with it";

const FAMILIES: readonly UnseenFamily[] = [
  {
    is: ({ httpVersion }) => typeof httpVersion === "string",
    refusal:
      "a request, an IncomingMessage; it closes as soon as its body has been read. " +
      "Pass the response (res), which closes with the connection.",
  },
  {
    // In a process of node:cluster.
    is: ({ process, isDead, isConnected }) =>
      isObject(process) && isFunction(isDead) && isFunction(isConnected),
    refusal:
      "a worker of node:cluster, which emits exit and never close. Pass worker.process, which closes when the " +
      "worker has ended.",
  },
  {
    // Of node:worker_threads, and those of browsers, Deno and Bun.
    is: ({ postMessage, terminate }) => isFunction(postMessage) && isFunction(terminate),
    refusal: `a Worker, which emits exit and never close. ${PASS_STRING} when the worker emits exit.`,
  },
  {
    // A MessagePort, which does close, has no name.
    is: ({ postMessage, name }) => isFunction(postMessage) && typeof name === "string",
    refusal: `a BroadcastChannel, which dispatches no event when it is closed. ${PASS_STRING} where you close the channel.`,
  },
  {
    is: ({ primus }) => isObject(primus),
    refusal: `a spark of Primus, which emits end and never close. ${PASS_STRING}, such as spark.id, when the spark emits end.`,
  },
  {
    is: ({ readyState, withCredentials, url }) =>
      typeof readyState === "number" && typeof withCredentials === "boolean" && typeof url === "string",
    refusal: `an EventSource, which dispatches no event when it is closed. ${PASS_STRING} where you close it.`,
  },
  {
    is: ({ connectionState, createDataChannel }) =>
      typeof connectionState === "string" && isFunction(createDataChannel),
    refusal:
      "an RTCPeerConnection, which dispatches no close. Pass one of its data channels, which close with it.",
  },
];

/** Why the end of this owner can't be seen, and what to pass instead, if it belongs to a known family. */
export function refusalOf(owner: object): string | undefined {
  return FAMILIES.find(({ is }) => is(owner as OwnerMembers))?.refusal;
}

function isObject(member: unknown): boolean {
  return typeof member === "object" && member !== null;
}
