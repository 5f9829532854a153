/** What a driver makes of its client, for `BrokerSession` to speak to. None of it is called once the session is closed. */
export interface BrokerClient {
  /** As in `the Redis server`: messages of errors begin with it. */
  readonly name: string;
  /** Whether messages can come, as far as the client can tell. */
  canReceive(): boolean;
  /** Whether messages can go, as far as the client can tell. */
  canPublish(): boolean;
  /** Asks for a topic's messages, and asks again where it has asked before. Resolves when they come. */
  subscribe(topic: string): Promise<unknown>;
  /** Whether it is said to the broker or not: messages of the topic are not delivered any more. */
  unsubscribe(topic: string): Promise<unknown>;
  /** The bytes are its own. Settles when the broker has them, or when it is known that it has not. */
  publish(topic: string, bytes: Buffer): Promise<unknown>;
}
