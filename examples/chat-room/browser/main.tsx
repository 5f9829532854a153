import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { joinRoom } from "./join-room.ts";
import { NameForm } from "./name-form.tsx";
import { RoomPage } from "./room-page.tsx";

/** The name of the user in this tab. Each tab has its own, and keeps it across reloads. */
const storedName = sessionStorage.getItem("name");
const root = createRoot(document.getElementById("root")!);

if (storedName === null) showNameForm();
else showRoom(storedName);

function showNameForm(): void {
  root.render(
    <StrictMode>
      <NameForm onJoin={showRoom} />
    </StrictMode>,
  );
}

function showRoom(name: string): void {
  sessionStorage.setItem("name", name);
  const room = joinRoom(name);
  const leave = () => {
    room.leave();
    sessionStorage.removeItem("name");
    showNameForm();
  };
  root.render(
    <StrictMode>
      <RoomPage room={room} onLeave={leave} />
    </StrictMode>,
  );
}
