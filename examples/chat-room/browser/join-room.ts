import { Socket } from "phoenix";
import { createPresenceStore, type PresenceEntry, type PresenceStore } from "rollcall/client";
import { type ChatMessage, type DeviceMeta, topic } from "../room.ts";
import { createObservableValue, type ObservableValue } from "./observable-value.ts";

/** The room that this page has joined: its state, and what its user can do. */
export interface Room {
  readonly name: string;
  readonly here: PresenceStore<PresenceEntry<DeviceMeta>>;
  readonly messages: ObservableValue<readonly ChatMessage[]>;
  /** Whether the state is current. After the connection is lost it is the last known one. */
  readonly isLive: ObservableValue<boolean>;
  send(text: string): void;
  /** Call it with the text of the message field after every change. */
  onInput(text: string): void;
  leave(): void;
}

/** The user counts as typing until this many ms after the last keystroke. */
const typingTimeoutMs = 3_000;

export function joinRoom(name: string): Room {
  const device: DeviceMeta["device"] = matchMedia("(pointer: coarse)").matches ? "phone" : "laptop";
  const socket = new Socket("/socket", { params: { name, device } });
  const channel = socket.channel(topic);
  const here = createPresenceStore<PresenceEntry<DeviceMeta>>(channel);
  const messages = createObservableValue<readonly ChatMessage[]>([]);
  const isLive = createObservableValue(false);
  let isTyping = false;
  let typingTimer: ReturnType<typeof setTimeout> | undefined;

  channel.on("message", (message: ChatMessage) => messages.set([...messages.getSnapshot(), message]));
  // Called when the connection is lost, too. The client rejoins by itself and gets the messages that it missed.
  channel.onError(() => isLive.set(false));
  channel.join().receive("ok", (reply: { messages: readonly ChatMessage[] }) => {
    const ids = new Set(reply.messages.map(({ id }) => id));
    messages.set([...messages.getSnapshot().filter(({ id }) => !ids.has(id)), ...reply.messages]);
    isLive.set(true);
    // The server tracks each new connection as not typing.
    isTyping = false;
  });
  socket.connect();

  function onInput(text: string): void {
    clearTimeout(typingTimer);
    setTyping(text !== "");
    if (text !== "") typingTimer = setTimeout(setTyping, typingTimeoutMs, false);
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
      clearTimeout(typingTimer);
      channel.leave();
      socket.disconnect();
    },
  };
}
