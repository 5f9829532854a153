import { hasMethods } from "../../checks/check-argument.ts";
import { describeValue } from "../../checks/describe-value.ts";
import { InvalidArgumentError } from "../../errors.ts";
import type { Broadcast } from "../broadcast/broadcast.ts";
import type { Body } from "../protocol/body.ts";

/** The part of a channel that sends payloads which are encoded already. Handlers do not see it. */
export interface EncodedPush {
  /** Sends an event to this client, as `push` does. */
  pushBody(event: string, body: Body): void;
  /** Sends a broadcast to this client, through `handleOut` if the channel intercepts its event. */
  deliver(broadcast: Broadcast): void;
}

/**
 * The `EncodedPush` of a socket that a handler got.
 *
 * @throws {InvalidArgumentError} for a socket that an endpoint did not make.
 */
export function encodedPushOf(socket: object): EncodedPush {
  if (hasEncodedPush(socket)) return socket;
  throw new InvalidArgumentError(
    `The socket is ${describeValue(socket)}; it must be a ChannelSocket of an endpoint. Give the handlers to endpoint.channel, which calls them.`,
  );
}

/** Looks at the methods and not at the class: a process may hold two copies of this package. */
function hasEncodedPush(socket: object): socket is EncodedPush {
  return hasMethods(socket, "pushBody", "deliver");
}
