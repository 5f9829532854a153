import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { nanoid } from "nanoid";
import type { SecretOptions } from "../../signing/check-secret.ts";

/** The content of a token: the node that has the session, and which one it is. */
export interface SessionRef {
  readonly node: string;
  readonly session: string;
  /** Whether the node issued it, with one of these keys. */
  isSignedWith(keys: readonly Buffer[]): boolean;
}

/** Short enough for the topic of a node, which has the name of its cluster in it. */
const NODE_ID_LENGTH = 16;
/** No other key is derived with it. */
const DOMAIN = "rollcall 1 tokens of sessions ";
const TOKEN = /^rollcall\.([\w-]{16})\.([\w-]{21})((?:\.[\w-]{43}){1,2})$/;

/**
 * Issues the tokens of this node. Others on the pub/sub may read its key, so with a `secret` the tokens are signed with a key that is
 * derived from both: a stranger that only listens can't make the token of a session.
 */
export class SessionTokens {
  readonly node: string = nanoid(NODE_ID_LENGTH);
  /** Other nodes get it, so that they know a forged token without asking this node. */
  readonly key: Buffer = randomBytes(32);
  readonly #options: SecretOptions;

  constructor(options: SecretOptions) {
    this.#options = options;
  }

  /** The keys that may have signed the tokens of the node with this key. */
  keysOf(key: Buffer): readonly Buffer[] {
    const { secret, acceptUnsigned } = this.#options;
    if (secret === undefined) return [key];
    const secrets = typeof secret === "string" ? [secret] : secret;
    const derived = secrets.map((each) => createHmac("sha256", each).update(DOMAIN).update(key).digest());
    return acceptUnsigned ? [key, ...derived] : derived;
  }

  issue(): { readonly session: string; readonly token: string } {
    const session = nanoid();
    // While a secret is introduced, nodes without it and nodes that trust only its signatures must both be able to check the token.
    const keys = this.keysOf(this.key).slice(0, this.#options.acceptUnsigned ? 2 : 1);
    const signatures = keys.map((key) => signature(this.node, session, key));
    return { session, token: ["rollcall", this.node, session, ...signatures].join(".") };
  }
}

/** Reads a token; `undefined` for a text that no node has issued. The signature is not checked yet. */
export function readToken(token: string): SessionRef | undefined {
  const [, node, session, given] = TOKEN.exec(token) ?? [];
  if (node === undefined || session === undefined || given === undefined) return undefined;
  const signatures = given.slice(1).split(".");
  return {
    node,
    session,
    isSignedWith: (keys) =>
      keys.some((key) => {
        const expected = Buffer.from(signature(node, session, key));
        return signatures.some((each) => timingSafeEqual(Buffer.from(each), expected));
      }),
  };
}

function signature(node: string, session: string, key: Buffer): string {
  return createHmac("sha256", key).update(`${node}.${session}`).digest("base64url");
}
