import type { ReactElement } from "react";
import type { Film } from "../films.ts";

/** A drawing in place of the video. */
export function Picture({ film }: { film: Film }): ReactElement {
  return (
    <svg
      className={`picture ${film.id}`}
      viewBox="0 0 160 90"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden
    >
      <rect className="sky" width="160" height="90" />
      <circle className="light" cx="112" cy="38" r="9" />
      {scenes[film.id]}
    </svg>
  );
}

const scenes: Readonly<Record<string, ReactElement>> = {
  "the-tide-comes-in": (
    <>
      <path className="far" d="M0 50 Q22 43 44 47 T96 46 T160 49 V90 H0Z" />
      <rect className="middle" y="52" width="160" height="38" />
      <path className="glint" d="M94 55h36M99 59h27M92 63h42M104 68h18M98 74h32" />
      <path className="near" d="M0 90 V77 Q30 68 62 74 T118 82 T160 79 V90Z" />
      <path className="detail" d="M40 62H56L53.5 65.5H42.5ZM48.4 61V49L55 61ZM47.2 61V52.5L42 61Z" />
    </>
  ),
  "night-shift-at-the-light": (
    <>
      <linearGradient id="beam">
        <stop stopColor="#f6e2a8" stopOpacity="0.6" />
        <stop offset="1" stopColor="#f6e2a8" stopOpacity="0" />
      </linearGradient>
      <path fill="url(#beam)" d="M47 32.6 L160 10 V50Z" />
      <path className="far" d="M0 63 Q40 60 80 63 T160 62 V90 H0Z" />
      <path className="near" d="M14 90 Q24 70 38 67 H56 Q70 72 84 90Z" />
      <path
        className="detail"
        d="M42.4 68 L44 37 H42.8 V34.4 H51.2 V37 H50 L51.6 68Z M43.8 30.6 L47 26.6 L50.2 30.6Z"
      />
      <rect className="lamp" x="44.6" y="30.6" width="4.8" height="3.8" />
      <path className="glint" d="M96 70h30M88 76h22M112 82h34" />
    </>
  ),
  "the-last-hayfield": (
    <>
      <path className="far" d="M0 52 Q30 30 66 45 T160 36 V90 H0Z" />
      <path className="middle" d="M0 62 Q50 46 92 57 T160 53 V90 H0Z" />
      <path className="near" d="M0 72 Q70 57 160 69 V90 H0Z" />
      <path className="glint" d="M6 77 Q70 64 156 74M2 83 Q72 71 158 81M10 89 Q78 79 154 88" />
      <path className="detail" d="M30 71q0-7 5-7t5 7zM48 69.4q0-6 4.4-6t4.4 6zM64 68.6q0-5 3.8-5t3.8 5z" />
    </>
  ),
};
