import { createClient } from "redis";

/** Sends a command with a separate client. It splits `words` at spaces, and adds `more` as they are. */
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
