import type { Dispatch } from "@reduxjs/toolkit";
import { type Channel, Socket } from "phoenix";
import { createCountStore } from "rollcall/client";
import { connectionLost, counted } from "./audience-slice.ts";

/** Keeps the numbers of a topic in Redux, as somebody who is logged in or as nobody. Returns what ends it. */
export function watchAudience(topic: string, token: string | undefined, dispatch: Dispatch): () => void {
  const socket = new Socket("/socket", { params: token === undefined ? {} : { token } });
  let channel = follow();
  socket.connect();

  function follow(): Channel {
    const channel = socket.channel(topic);
    const counts = createCountStore<"users" | "viewers">(channel, { onBelowZero: again });
    counts.subscribe(() => {
      const { users, viewers } = counts.getSnapshot()!;
      dispatch(counted({ users: users.count, viewers: viewers.count }));
    });
    // Also when the connection goes. The client joins again by itself, and gets the whole count.
    channel.onError(() => void dispatch(connectionLost()));
    channel.join();
    return channel;
  }

  /** A message was missed. The first one after a join has the whole count. */
  function again(): void {
    channel.leave();
    channel = follow();
  }

  return () => {
    channel.leave();
    socket.disconnect();
    dispatch(connectionLost());
  };
}
