import type { ReactElement } from "react";
import { useCount } from "rollcall/react";
import { Composer } from "./composer.tsx";
import type { Room } from "./join-room.ts";
import { MessageList } from "./message-list.tsx";
import { useObservableValue } from "./observable-value.ts";
import { People } from "./people.tsx";
import { TypingLine } from "./typing-line.tsx";

export function RoomPage({ room, onLeave }: { room: Room; onLeave: () => void }): ReactElement {
  const isLive = useObservableValue(room.isLive);
  return (
    <div className="room" data-live={isLive ? "yes" : "no"}>
      <header>
        <h1>The Snug</h1>
        <OwnName room={room} />
        <button type="button" onClick={onLeave}>
          Leave
        </button>
      </header>
      <People room={room} />
      <main>
        <MessageList room={room} />
        <div className="status">{isLive ? <TypingLine room={room} /> : "Connecting"}</div>
        <Composer room={room} />
      </main>
    </div>
  );
}

/** The user's own name, with the number of their devices if there are several. */
function OwnName({ room: { here, name } }: { room: Room }): ReactElement {
  const devices = useCount(here, name) ?? 0;
  return <span className="own-name">{devices > 1 ? `${name}, on ${devices} devices` : name}</span>;
}
