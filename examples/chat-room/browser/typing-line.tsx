import type { ReactElement } from "react";
import { usePresence } from "rollcall/react";
import type { Room } from "./join-room.ts";

/** Names the other users who are typing, on any of their devices. */
export function TypingLine({ room }: { room: Room }): ReactElement {
  const typing = usePresence(room.here)
    .filter(([name, { metas }]) => name !== room.name && metas.some(({ typing }) => typing))
    .map(([name]) => name);
  return <output className="typing">{sentenceOf(typing)}</output>;
}

function sentenceOf([first, second, ...others]: readonly string[]): string {
  if (first === undefined) return "";
  if (second === undefined) return `${first} is typing`;
  return others.length === 0 ? `${first} and ${second} are typing` : "Several people are typing";
}
