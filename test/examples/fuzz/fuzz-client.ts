import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";
import type { Dice } from "../../support/dice.ts";
import type { FuzzTarget } from "./fuzz-targets.ts";
import { randomFrames } from "./random-frames.ts";
import { randomPath, randomRequest, upgradeRequest } from "./random-request.ts";

/** Attacks a server once: with broken HTTP, broken WebSocket frames, or messages that no page would send. */
export async function attack(target: FuzzTarget, port: number, dice: Dice): Promise<void> {
  const { paths, socketPaths, message } = target;
  const kind = socketPaths.length === 0 ? 0 : dice.integer(0, 2);
  if (kind === 0) {
    const requests = Array.from({ length: dice.integer(1, 3) }, () => randomRequest(dice, paths));
    await sendBytes(port, Buffer.concat(requests), dice);
  } else if (kind === 1) {
    const path = dice.pick(socketPaths);
    await sendBytes(port, Buffer.concat([upgradeRequest(path), randomFrames(dice)]), dice);
  } else {
    const path = dice.chance(0.9) ? dice.pick(socketPaths) : randomPath(dice, socketPaths);
    const messages = Array.from({ length: dice.integer(1, 12) }, () => message!(dice));
    await sendMessages(`ws://localhost:${port}${path}`, messages, dice);
  }
}

/** Sends what once stopped an example, or left readers behind. */
export async function attackAsKnown(
  { paths, socketPaths, knownMessages }: FuzzTarget,
  port: number,
  dice: Dice,
): Promise<void> {
  const requests = ["//", "/\\", "//%", ...paths].map(
    (path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  );
  for (const request of requests) await sendBytes(port, Buffer.from(request), dice);
  // In one connection, so that the responses wait for each other.
  await sendBytes(port, Buffer.from([...requests, ...requests].join("")), dice);
  for (const path of socketPaths) {
    const frame = Buffer.from([0xff, 0xff]); // All its reserved bits are set.
    await sendBytes(port, Buffer.concat([upgradeRequest(path), frame]), dice);
    if (knownMessages) await sendMessages(`ws://localhost:${port}${path}`, knownMessages, dice);
  }
}

/** Sends the bytes in one or several pieces, and leaves politely or not. */
async function sendBytes(port: number, bytes: Buffer, dice: Dice): Promise<void> {
  const socket = connect(port, "localhost");
  socket.on("error", () => {});
  socket.resume();
  const cut = dice.chance(0.3) ? dice.integer(0, bytes.length) : bytes.length;
  socket.write(bytes.subarray(0, cut));
  if (cut < bytes.length) {
    await pause(dice.between(0, 20));
    socket.write(bytes.subarray(cut));
  }
  await closed(socket, dice.between(5, 100));
  if (dice.chance(0.5)) socket.resetAndDestroy();
  else socket.destroy();
}

/** Opens a WebSocket, sends the messages, and leaves politely or not. */
async function sendMessages(url: string, messages: readonly (string | Buffer)[], dice: Dice): Promise<void> {
  let socket: WebSocket;
  try {
    socket = new WebSocket(url);
  } catch {
    return; // The client itself refuses the address.
  }
  socket.on("error", () => {});
  socket.on("open", () => {
    for (const message of messages) socket.send(message);
  });
  await pause(dice.between(20, 150));
  if (dice.chance(0.5)) socket.close();
  else socket.terminate();
  setTimeout(() => socket.terminate(), 500);
}

async function closed(socket: Socket, atMostMs: number): Promise<void> {
  const waiting = new AbortController();
  socket.once("close", () => waiting.abort());
  await pause(atMostMs, undefined, { signal: waiting.signal }).catch(() => {});
}
