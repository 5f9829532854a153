import type { Dispatch } from "@reduxjs/toolkit";
import { type Channel, Socket } from "phoenix";
import { createCountStore } from "rollcall/client";
import { connectionLost, counted, published } from "./audience-slice.ts";

/**
 * Keeps the counts of a topic in Redux. Connects as the user of the token, or anonymously without one. Returns a
 * function that stops it.
 */
export function watchAudience(topic: string, token: string | undefined, dispatch: Dispatch): () => void {
  const socket = new Socket("/socket", { params: token === undefined ? {} : { token } });
  let channel = joinChannel();
  socket.connect();

  function joinChannel(): Channel {
    const channel = socket.channel(topic);
    const counts = createCountStore<"users" | "viewers">(channel, { onBelowZero: rejoin });
    counts.subscribe(() => {
      const { users, viewers } = counts.getSnapshot()!;
      dispatch(counted({ users: users.count, viewers: viewers.count }));
    });
    channel.on("published", ({ text }) => void dispatch(published(text)));
    // Called when the connection is lost, too. The client rejoins by itself and gets the whole count.
    channel.onError(() => void dispatch(connectionLost()));
    channel.join();
    return channel;
  }

  /** Called when a message was lost. The first message after a join has the whole count. */
  function rejoin(): void {
    channel.leave();
    channel = joinChannel();
  }

  return () => {
    channel.leave();
    socket.disconnect();
    dispatch(connectionLost());
  };
}
