import { memo, type ReactElement } from "react";
import type { PresenceEntry } from "rollcall/client";
import { usePresence } from "rollcall/react";
import type { DeviceMeta } from "../room.ts";
import { Avatar } from "./avatar.tsx";
import { DeviceIcon } from "./device-icon.tsx";
import type { Room } from "./join-room.ts";

/** The users in the room: each once, with all their devices. */
export function People({ room }: { room: Room }): ReactElement {
  const here = usePresence(room.here);
  return (
    <aside aria-label="Who is here">
      <h2>{here.length} here</h2>
      <ul>
        {here.map(([name, entry]) => (
          <Person key={name} name={name} entry={entry} />
        ))}
      </ul>
    </aside>
  );
}

interface Props {
  readonly name: string;
  readonly entry: PresenceEntry<DeviceMeta>;
}

/** Renders only when the entry of this user changes. */
const Person = memo(({ name, entry }: Props) => {
  // Sorted by device, because an update moves a meta to the end.
  const metas = entry.metas.toSorted((one, other) => one.device.localeCompare(other.device));
  return (
    <li>
      <Avatar name={name} />
      <span className="name" title={name}>
        {name}
      </span>
      {metas.map(({ phx_ref, device, typing }) => (
        <DeviceIcon key={phx_ref} device={device} isTyping={typing} />
      ))}
    </li>
  );
});
