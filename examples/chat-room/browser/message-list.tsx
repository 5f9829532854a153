import { type ReactElement, useLayoutEffect, useRef } from "react";
import { Avatar } from "./avatar.tsx";
import type { Room } from "./join-room.ts";
import { useObservableValue } from "./observable-value.ts";

/** What was said, the last at the bottom. */
export function MessageList({ room }: { room: Room }): ReactElement {
  const said = useObservableValue(room.messages);
  const list = useRef<HTMLOListElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new message is to be seen.
  useLayoutEffect(() => {
    list.current?.lastElementChild?.scrollIntoView({ block: "nearest" });
  }, [said]);
  if (said.length === 0) return <p className="quiet">Nobody has said anything yet.</p>;
  return (
    <ol className="talk" ref={list} aria-label="What was said">
      {said.map(({ id, by, text }, index) => (
        <li key={id} data-mine={by === room.name ? "yes" : "no"}>
          {by !== said[index - 1]?.by && (
            <span className="by">
              <Avatar name={by} />
              {by}
            </span>
          )}
          <span className="text">{text}</span>
        </li>
      ))}
    </ol>
  );
}
