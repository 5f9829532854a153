import { type ReactElement, useLayoutEffect, useRef } from "react";
import { Avatar } from "./avatar.tsx";
import type { Room } from "./join-room.ts";
import { useObservableValue } from "./observable-value.ts";

/** The messages, the newest at the bottom. */
export function MessageList({ room }: { room: Room }): ReactElement {
  const messages = useObservableValue(room.messages);
  const list = useRef<HTMLOListElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new message scrolls the list.
  useLayoutEffect(() => {
    list.current?.lastElementChild?.scrollIntoView({ block: "nearest" });
  }, [messages]);
  if (messages.length === 0) return <p className="no-messages">No messages yet.</p>;
  return (
    <ol className="messages" ref={list} aria-label="Messages">
      {messages.map(({ id, author, text }, index) => (
        <li key={id} data-mine={author === room.name ? "yes" : "no"}>
          {author !== messages[index - 1]?.author && (
            <span className="author">
              <Avatar name={author} />
              {author}
            </span>
          )}
          <span className="text">{text}</span>
        </li>
      ))}
    </ol>
  );
}
