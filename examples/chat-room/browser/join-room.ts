import { Socket } from "phoenix";
import { createPresenceStore, type PresenceEntry, type PresenceStore } from "rollcall/client";
import { type Here, type Said, topic } from "../room.ts";
import { createValue, type Value } from "./observable-value.ts";

/** The room as one who is in it has it. */
export interface Room {
  readonly name: string;
  readonly here: PresenceStore<PresenceEntry<Here>>;
  readonly said: Value<readonly Said[]>;
  /** Whether all that is shown is of now, or of when the connection was lost. */
  readonly isLive: Value<boolean>;
  say(text: string): void;
  /** To be told of each change of what is about to be said. */
  typed(text: string): void;
  leave(): void;
}

/** A pause as long as this, in ms, and nobody is typing any more. */
const pauseMs = 3_000;

export function enter(name: string): Room {
  const device: Here["device"] = matchMedia("(pointer: coarse)").matches ? "phone" : "laptop";
  const socket = new Socket("/socket", { params: { name, device } });
  const channel = socket.channel(topic);
  const here = createPresenceStore<PresenceEntry<Here>>(channel);
  const said = createValue<readonly Said[]>([]);
  const isLive = createValue(false);
  let isTyping = false;
  let pause: ReturnType<typeof setTimeout> | undefined;

  channel.on("said", (message: Said) => said.set([...said.getSnapshot(), message]));
  // Also when the connection goes. The client joins again by itself, and gets what was said meanwhile.
  channel.onError(() => isLive.set(false));
  channel.join().receive("ok", (reply: { said: readonly Said[] }) => {
    const ids = new Set(reply.said.map(({ id }) => id));
    said.set([...said.getSnapshot().filter(({ id }) => !ids.has(id)), ...reply.said]);
    isLive.set(true);
    // Of somebody who has just come, that is what the server says.
    isTyping = false;
  });
  socket.connect();

  function typed(text: string): void {
    clearTimeout(pause);
    setTyping(text !== "");
    if (text !== "") pause = setTimeout(setTyping, pauseMs, false);
  }

  function setTyping(typing: boolean): void {
    if (typing === isTyping) return;
    isTyping = typing;
    channel.push("typing", { typing });
  }

  return {
    name,
    here,
    said,
    isLive,
    typed,
    say: (text) => void channel.push("say", { text }),
    leave() {
      clearTimeout(pause);
      channel.leave();
      socket.disconnect();
    },
  };
}
