/** A film of the programme, which the server and the page share. */
export interface Film {
  readonly id: string;
  readonly title: string;
  readonly place: string;
  readonly minutes: number;
  readonly text: string;
}

export const films: readonly Film[] = [
  {
    id: "the-tide-comes-in",
    title: "The tide comes in",
    place: "Morecambe Bay",
    minutes: 41,
    text: "One camera on a tripod, one afternoon, and nine kilometres of sand that stop being sand. Nobody speaks. Somewhere around the half hour an oystercatcher walks through the picture as if it had been paid to.",
  },
  {
    id: "night-shift-at-the-light",
    title: "Night shift at the light",
    place: "Skerryvore",
    minutes: 58,
    text: "The lamp has needed no keeper since 1994. Somebody goes out all the same, four nights a year, to sit with it. Bring a blanket: most of the film is the beam, the rain in the beam, and a kettle.",
  },
  {
    id: "the-last-hayfield",
    title: "The last hayfield",
    place: "Upper Swaledale",
    minutes: 36,
    text: "Cut by hand on the two dry days of July. The scythes set the tempo and the film keeps to it. Listen for the curlew at minute twelve, and for what the neighbour says about the gate.",
  },
];

export function filmOf(id: string): Film | undefined {
  return films.find((film) => film.id === id);
}

/** The path of a film's page. */
export function pathOf(film: Film): string {
  return `/films/${film.id}`;
}

/** The channel topic of a film, which is also its presence topic. */
export function topicOf(film: Film): string {
  return `film:${film.id}`;
}
