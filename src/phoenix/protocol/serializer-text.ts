import { InvalidArgumentError } from "../../errors.ts";
import type { Body } from "./body.ts";
import type { Serializer } from "./serializer.ts";
import { serializerV1 } from "./serializer-v1.ts";
import { serializerV2 } from "./serializer-v2.ts";

/** Version 2.0.0 over long polling: the official client sends bytes, but can't read them from the JSON of a response. */
const serializerV2Text: Serializer = {
  carriesBytes: false,
  decode: serializerV2.decode,
  reply: (to, status, response) => serializerV2.reply(to, status, withoutBytes(response)),
  push: (joinRef, topic, event, payload) => serializerV2.push(joinRef, topic, event, withoutBytes(payload)),
  broadcast: (topic, event, payload) => serializerV2.broadcast(topic, event, withoutBytes(payload)),
  end: (joinRef, topic, event, payload) => serializerV2.end(joinRef, topic, event, withoutBytes(payload)),
};

/** The serializer of the same version for a client that polls. */
export function textSerializer(serializer: Serializer): Serializer {
  return serializer === serializerV1 ? serializerV1 : serializerV2Text;
}

function withoutBytes(body: Body): Body {
  if ("json" in body) return body;
  throw new InvalidArgumentError(
    "Bytes can't be sent to a client that polls. Send an object, or let the client connect with a WebSocket.",
  );
}
