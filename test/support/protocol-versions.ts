import { ForeignVersionError } from "../../src/errors.ts";
import { assembleTracker } from "../../src/tracker/create-tracker.ts";
import type { TrackerOptions } from "../../src/tracker/options/tracker-options.ts";
import type { Tracker } from "../../src/tracker/tracker.ts";
import { CODECS, type Codec, type Codecs } from "../../src/wire/codec.ts";

const [current] = CODECS;

/** The version that this release speaks. */
export const CURRENT_VERSION: number = current.version;

/** A version of the protocol with the same messages, in bytes that no other version can read. */
function codecOf(version: number): Codec {
  if (version === CURRENT_VERSION) return current;
  const inverted = (bytes: Uint8Array) => bytes.map((byte, at) => (at < 2 ? byte : byte ^ 0xff));
  return {
    version,
    encode: (outgoing, envelope, maxMessageBytes, newest, signing) =>
      current
        .encode(outgoing, envelope, maxMessageBytes, Math.max(newest, CURRENT_VERSION), signing)
        .map((bytes) => inverted(bytes).fill(version, 0, 1).fill(newest, 1, 2)),
    decode(bytes, signing) {
      if (bytes[0] !== version) return { ok: false, error: new ForeignVersionError(bytes[0]!, [version]) };
      const newest = bytes[1]!;
      const original = inverted(bytes)
        .fill(CURRENT_VERSION, 0, 1)
        .fill(Math.max(newest, CURRENT_VERSION), 1, 2);
      const decoded = current.decode(original, signing);
      return decoded.ok ? { ...decoded, newest } : decoded;
    },
  };
}

/** Like `createTracker` in a release that speaks these versions. */
export async function createTrackerSpeaking(
  [newest, previous]: readonly [newest: number, previous?: number],
  options: TrackerOptions,
): Promise<Tracker> {
  const codecs: Codecs = previous === undefined ? [codecOf(newest)] : [codecOf(newest), codecOf(previous)];
  const { tracker, core } = assembleTracker(options, codecs);
  await core.subscribe();
  core.start();
  return tracker;
}
