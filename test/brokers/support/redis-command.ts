import { createClient } from "redis";

/** A command, some of its words at once, by a client of its own, which nobody hurts. */
export async function redisCommand(
  { port }: { readonly port: number },
  words: string,
  ...more: readonly string[]
): Promise<unknown> {
  const client = createClient({ socket: { host: "127.0.0.1", port } });
  await client.connect();
  try {
    return await client.sendCommand([...words.split(" "), ...more]);
  } finally {
    await client.close();
  }
}
