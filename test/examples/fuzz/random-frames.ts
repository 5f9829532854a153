import type { Dice } from "../../support/dice.ts";

/** WebSocket frames that may break every rule of the protocol: their bits, their lengths, their masks, their UTF-8. */
export function randomFrames(dice: Dice): Buffer {
  return Buffer.concat(Array.from({ length: dice.integer(1, 6) }, () => randomFrame(dice)));
}

function randomFrame(dice: Dice): Buffer {
  const firstByte = dice.chance(0.6) ? 0x80 | dice.pick([1, 2, 8, 9, 10]) : dice.integer(0, 255);
  const payload = randomBytes(dice, dice.pick([0, 1, 2, 5, 125, 126, 200, 70_000]));
  const isMasked = dice.chance(0.85);
  const length = dice.chance(0.9) ? payload.length : dice.pick([0, 127, 2 ** 31, 2 ** 40]);
  const mask = isMasked ? [0, 0, 0, 0] : [];
  return Buffer.concat([
    Buffer.from([firstByte, ...lengthBytes(length, isMasked ? 0x80 : 0), ...mask]),
    payload,
  ]);
}

function lengthBytes(length: number, maskBit: number): number[] {
  if (length < 126) return [maskBit | length];
  if (length < 65_536) return [maskBit | 126, length >> 8, length & 255];
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  return [maskBit | 127, ...bytes];
}

export function randomBytes(dice: Dice, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => dice.integer(0, 255)));
}
