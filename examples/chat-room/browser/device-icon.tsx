import type { ReactElement } from "react";
import type { DeviceMeta } from "../room.ts";

interface Props {
  readonly device: DeviceMeta["device"];
  readonly isTyping: boolean;
}

export function DeviceIcon({ device, isTyping }: Props): ReactElement {
  const label = isTyping ? `${device}, typing` : device;
  return (
    <svg
      className="device"
      role="img"
      aria-label={label}
      viewBox="0 0 20 20"
      data-typing={isTyping ? "yes" : "no"}
    >
      <title>{label}</title>
      {device === "phone" ? (
        <>
          <rect x="5.5" y="2" width="9" height="16" rx="2" />
          <path d="M9 15.5h2" />
        </>
      ) : (
        <>
          <rect x="3.5" y="4" width="13" height="9" rx="1.5" />
          <path d="M1.5 16h17" />
        </>
      )}
    </svg>
  );
}
