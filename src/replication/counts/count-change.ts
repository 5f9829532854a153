/** How the number of presences with one topic and key has changed. */
export interface CountChange {
  readonly topic: string;
  readonly key: string;
  readonly joins: number;
  readonly leaves: number;
}
