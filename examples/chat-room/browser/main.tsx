import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { joinRoom } from "./join-room.ts";
import { NameForm } from "./name-form.tsx";
import { RoomPage } from "./room-page.tsx";

/** Of this tab, so that others can be somebody else, and a reload is not. */
const stored = sessionStorage.getItem("name");
const root = createRoot(document.getElementById("root")!);

if (stored === null) showDoor();
else showRoom(stored);

function showDoor(): void {
  root.render(
    <StrictMode>
      <NameForm onEnter={showRoom} />
    </StrictMode>,
  );
}

function showRoom(name: string): void {
  sessionStorage.setItem("name", name);
  const room = joinRoom(name);
  const leave = () => {
    room.leave();
    sessionStorage.removeItem("name");
    showDoor();
  };
  root.render(
    <StrictMode>
      <RoomPage room={room} onLeave={leave} />
    </StrictMode>,
  );
}
