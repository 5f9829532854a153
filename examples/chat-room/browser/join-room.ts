import { Socket } from "phoenix";
import { createPresenceStore, type PresenceEntry, type PresenceStore } from "rollcall/client";
import { type ChatMessage, type DeviceMeta, topic } from "../room.ts";
import { createObservableValue, type ObservableValue } from "./observable-value.ts";

/** The room as one who is in it has it. */
export interface Room {
  readonly name: string;
  readonly here: PresenceStore<PresenceEntry<DeviceMeta>>;
  readonly messages: ObservableValue<readonly ChatMessage[]>;
  /** Whether all that is shown is of now, or of when the connection was lost. */
  readonly isLive: ObservableValue<boolean>;
  send(text: string): void;
  /** To be told of each change of what is about to be said. */
  onInput(text: string): void;
  leave(): void;
}

/** A pause as long as this, in ms, and nobody is typing any more. */
const pauseMs = 3_000;

export function joinRoom(name: string): Room {
  const device: DeviceMeta["device"] = matchMedia("(pointer: coarse)").matches ? "phone" : "laptop";
  const socket = new Socket("/socket", { params: { name, device } });
  const channel = socket.channel(topic);
  const here = createPresenceStore<PresenceEntry<DeviceMeta>>(channel);
  const messages = createObservableValue<readonly ChatMessage[]>([]);
  const isLive = createObservableValue(false);
  let isTyping = false;
  let pause: ReturnType<typeof setTimeout> | undefined;

  channel.on("said", (message: ChatMessage) => messages.set([...messages.getSnapshot(), message]));
  // Also when the connection goes. The client joins again by itself, and gets what was said meanwhile.
  channel.onError(() => isLive.set(false));
  channel.join().receive("ok", (reply: { said: readonly ChatMessage[] }) => {
    const ids = new Set(reply.said.map(({ id }) => id));
    messages.set([...messages.getSnapshot().filter(({ id }) => !ids.has(id)), ...reply.said]);
    isLive.set(true);
    // Of somebody who has just come, that is what the server says.
    isTyping = false;
  });
  socket.connect();

  function onInput(text: string): void {
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
    messages,
    isLive,
    onInput,
    send: (text) => void channel.push("say", { text }),
    leave() {
      clearTimeout(pause);
      channel.leave();
      socket.disconnect();
    },
  };
}
