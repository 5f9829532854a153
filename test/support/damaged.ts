/** Damages a message in one of the ways that a bad link, a proxy or a full disk does. Rarely, the result is the same message. */
export function damaged(bytes: Uint8Array, random: () => number): Uint8Array {
  const place = () => Math.floor(random() * bytes.length);
  switch (Math.floor(random() * 5)) {
    case 0:
      return bytes.with(place(), Math.floor(random() * 256));
    case 1:
      return bytes.map((byte) => (random() < 0.1 ? Math.floor(random() * 256) : byte));
    case 2:
      return bytes.slice(0, place());
    case 3:
      return Uint8Array.of(...bytes, ...bytes.subarray(place()));
    default: {
      const [one, other] = [place(), place()];
      return bytes.with(one, bytes[other]!).with(other, bytes[one]!);
    }
  }
}
