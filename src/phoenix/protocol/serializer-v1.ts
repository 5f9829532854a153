import { InvalidArgumentError } from "../../errors.ts";
import { type Body, type Frame, NO_REF } from "./body.ts";
import { parseJson, utf8 } from "./json.ts";
import type { Serializer } from "./serializer.ts";

/** Version 1.0.0: an object, in both directions; no bytes, and no join ref from us. */
export const serializerV1: Serializer = {
  carriesBytes: false,

  decode(data) {
    const message = parseJson(utf8.decode(data));
    const isObject = typeof message === "object" && message !== null && !Array.isArray(message);
    if (!isObject || !MEMBERS.every((name) => Object.hasOwn(message, name))) {
      throw new SyntaxError(`a message is an object with ${MEMBERS.join(", ")}`);
    }
    const { topic, event, payload, ref, join_ref: joinRef = null } = message as unknown as Members;
    return { joinRef: JSON.stringify(joinRef), ref: JSON.stringify(ref), topic, event, payload };
  },

  reply: ({ ref, topic }, status, response) =>
    frame(topic, "phx_reply", `{"response":${jsonOf(response)},"status":${JSON.stringify(status)}}`, ref),
  push: (_joinRef, topic, event, payload) => frame(topic, event, jsonOf(payload), NO_REF),
  broadcast: (topic, event, payload) => frame(topic, event, jsonOf(payload), NO_REF),
  end: (joinRef, topic, event, payload) => frame(topic, event, jsonOf(payload), joinRef),
};

const MEMBERS = ["topic", "event", "payload", "ref"] as const;

type Members = { readonly [Name in (typeof MEMBERS)[number]]: never } & { readonly join_ref?: never };

function frame(topic: unknown, event: string, payload: string, ref: string): Frame {
  const data = `{"event":${JSON.stringify(event)},"payload":${payload},"ref":${ref},"topic":${JSON.stringify(topic)}}`;
  return { data, isBinary: false };
}

function jsonOf(body: Body): string {
  if ("json" in body) return body.json;
  throw new InvalidArgumentError(
    "Bytes can't be sent to a client that speaks version 1.0.0. Send it an object, or have it connect with vsn=2.0.0.",
  );
}
