import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { nanoid } from "nanoid";

/** What a token says: the node that has the session, and which one it is. */
export interface SessionRef {
  readonly node: string;
  readonly session: string;
  /** Whether the node issued it. */
  isSignedWith(key: Buffer): boolean;
}

/** Short enough for the topic of a node, which has the name of its cluster in it. */
const NODE_ID_LENGTH = 16;
const TOKEN = /^rollcall\.([\w-]{16})\.([\w-]{21})\.([\w-]{43})$/;

/** Issues the tokens of this node. */
export class SessionTokens {
  readonly node: string = nanoid(NODE_ID_LENGTH);
  /** Other nodes get it, so that they know a forged token without asking this node. */
  readonly key: Buffer = randomBytes(32);

  issue(): { readonly session: string; readonly token: string } {
    const session = nanoid();
    return { session, token: `rollcall.${this.node}.${session}.${signature(this.node, session, this.key)}` };
  }
}

/** Reads a token; `undefined` for a text that no node has issued. The signature is not checked yet. */
export function readToken(token: string): SessionRef | undefined {
  const [, node, session, given] = TOKEN.exec(token) ?? [];
  if (node === undefined || session === undefined || given === undefined) return undefined;
  return {
    node,
    session,
    isSignedWith: (key) => timingSafeEqual(Buffer.from(given), Buffer.from(signature(node, session, key))),
  };
}

function signature(node: string, session: string, key: Buffer): string {
  return createHmac("sha256", key).update(`${node}.${session}`).digest("base64url");
}
