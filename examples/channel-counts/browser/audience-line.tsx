import type { ReactElement } from "react";
import { useSelector } from "react-redux";
import type { PageState } from "./store.ts";

/** "2 users, 3 viewers". The dot before it is hollow while the numbers may be out of date. */
export function AudienceLine(): ReactElement {
  const { numbers, isLive } = useSelector((state: PageState) => state.audience);
  return (
    <output className="audience" data-live={isLive ? "yes" : "no"}>
      {numbers
        ? `${pluralize(numbers.users, "user")}, ${pluralize(numbers.viewers, "viewer")}`
        : "Counting who is watching"}
    </output>
  );
}

function pluralize(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
