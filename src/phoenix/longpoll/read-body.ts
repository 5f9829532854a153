import type { IncomingMessage } from "node:http";
import type { Clock } from "../../time/clock.ts";

/** Why there is no body. */
export type BodyFault = "too large" | "too slow" | "cut";

interface BodyLimits {
  readonly clock: Clock;
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/** Reads the body of a request. Never rejects. */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Buffer | BodyFault> {
  const { clock, maxBytes, timeoutMs } = limits;
  if (request.readableEnded) return Promise.resolve(parsedBody(request, maxBytes));
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) return Promise.resolve("too large");
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (body: Buffer | BodyFault): void => {
      cancel();
      request.off("data", take).off("end", end).off("close", cut);
      resolve(body);
    };
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes <= maxBytes) return;
      request.pause();
      finish("too large");
    };
    const end = (): void => finish(Buffer.concat(chunks));
    const cut = (): void => finish("cut");
    const cancel = clock.setTimer(() => {
      request.pause();
      finish("too slow");
    }, timeoutMs);
    request.on("data", take).on("end", end).on("close", cut);
  });
}

/** The body that a framework has read already, as text or bytes. */
function parsedBody(
  request: IncomingMessage & { readonly body?: unknown },
  maxBytes: number,
): Buffer | BodyFault {
  const { body } = request;
  if (typeof body !== "string" && !(body instanceof Uint8Array)) return "cut";
  const bytes = Buffer.from(body as string);
  return bytes.length > maxBytes ? "too large" : bytes;
}
