/** An article of the blog. */
export interface Article {
  readonly slug: string;
  readonly title: string;
  readonly summary: string;
  readonly minutes: number;
  readonly paragraphs: readonly string[];
}

export const articles: readonly Article[] = [
  {
    slug: "the-first-pot",
    title: "The first pot of the day",
    summary: "On getting up before everybody else, for no better reason than tea.",
    minutes: 3,
    paragraphs: [
      "The kitchen at half past five belongs to nobody. The fridge hums its one note, the tap has a drop it has been saving since midnight, and the window is still a mirror. I fill the kettle by the sound of it, which rises as the water does, and stop a little before the note I stop at when there are guests.",
      "A small pot is better than a large one. It holds two cups, so the second is never stewed, and it is warm enough to hold while the first one cools. I have tried to read while I wait and I have tried to write lists. What works is to watch the leaves come down, the slow ones last, and to think of nothing that has a date.",
      "By the time the pot is empty the window has become a window again. There is a blackbird on the neighbour's ridge, going through what it knows. Upstairs a floorboard answers. The day can have me now; I have already had some of it.",
    ],
  },
  {
    slug: "a-map-of-one-street",
    title: "A map of one street",
    summary:
      "I drew the road I live on, at a step to the millimetre, and found eleven things I had never seen.",
    minutes: 4,
    paragraphs: [
      "It began as a way of not going to the gym. I would walk the length of our street and back, two hundred and sixty paces, and draw what I had passed. Front doors were easy. Between them, it turned out, I had been making things up: a hedge where there is a wall, a wall where there is a very patient dog.",
      "A map asks questions that a walk does not. Where exactly does the pavement change from slabs to tar? Which gate is older than its house? Somebody, once, pressed a row of bottle tops into wet cement outside number nine, and I must have stepped over them four thousand times.",
      "The drawing is finished, apart from the trees, which refuse to be. I have hung it in the hall. People who visit look for their parked car first, and then for themselves, and then they go quiet and start to ask about the bottle tops.",
    ],
  },
  {
    slug: "bread-that-waits",
    title: "Bread that waits for you",
    summary: "A dough with so little yeast that it can't be late. Neither can you.",
    minutes: 5,
    paragraphs: [
      "Most recipes treat the baker as a timer with hands. This one does not mind when you come home. Five hundred grams of flour, three hundred and eighty of water, ten of salt, and as much dry yeast as stays on the tip of a knife. Stir until there is no dry flour left, cover it, and go and live your life for somewhere between twelve and twenty hours.",
      "What happens in the bowl is mostly waiting, and waiting turns out to be an ingredient. The dough goes from gravel to silk without anybody kneading it. It smells of apples first, then of beer, then of something I can only call Sunday. Fold it twice, let it rest under a cloth, and heat a lidded pot until it frightens you.",
      "Thirty minutes with the lid on, fifteen with it off. Then comes the one hard step, which is to let it stand on a rack until it stops singing. The crust ticks as it cools. It is only physics, I know, and I have never yet managed to leave the room.",
    ],
  },
  {
    slug: "night-train",
    title: "In praise of the night train",
    summary: "You lie down in one country and are handed coffee in another.",
    minutes: 4,
    paragraphs: [
      "There is a moment, a quarter of an hour after the last suburb, when the compartment stops being a room that moves and becomes a bed that listens. The rails have a rhythm that every passenger hears differently. Mine is a waltz until the border, and after it something in five.",
      "Sleep on a train is thin and I would not trade it. You surface at stations whose names you will never learn. A trolley goes by with a squeaking wheel; two men discuss a suitcase in low, generous voices; a lamp slides over the ceiling and takes its time about it. Nothing is asked of you. You are being carried.",
      "And then the blind goes up on mountains, or on a flat sea of beets with one hare in it, and a stranger knocks with a paper cup. I have arrived by air in better cities and remember none of the mornings. I could draw you each of these.",
    ],
  },
  {
    slug: "the-lending-shed",
    title: "The lending shed",
    summary: "Nobody on our lane owns a ladder any more, and everybody has one.",
    minutes: 3,
    paragraphs: [
      "It is an ordinary shed with an extraordinary padlock: the code is the year the lane was paved, which is written over the door. Inside are two ladders, a jam pan the size of a drum, a tent, four folding tables, and a tool that three engineers have failed to identify. A school notebook hangs from a nail. You write what you take, and you cross it out.",
      "Since the shed, people know each other's projects. If the tile cutter is gone, somebody will have a bathroom to show. The jam pan travels by season: strawberries at the bottom of the lane, plums at the top, and a fortnight of quinces with the two sisters who will not say what else goes in.",
      "In seven years we have lost one hammer and gained nine. The notebook is our best book by far. Last winter an entry said only: took the tent, will explain. It came back in March, dry, with a jar of honey in it.",
    ],
  },
  {
    slug: "learning-the-swifts",
    title: "Learning the swifts",
    summary: "They come on the second of May and are gone by August. In between, look up.",
    minutes: 4,
    paragraphs: [
      "You hear them before you know that you have: a thin bright scream drawn around the church tower and let go. Swifts do nearly everything in the air. They eat there, drink there, and sleep there, a mile up, with half of the brain at a time. A young one leaving the nest may not touch anything solid for two years.",
      "Our roofs are full of holes that nobody repairs, and that is why we have them. I keep a chair by the skylight from May on, and a notebook whose columns are too narrow. How many, which gap, carrying or not. I am not a scientist. I only want to have been told.",
      "One evening at the end of July the sky will be quiet, and I will need a while to find out what is missing. The last entry of each year is the same, a date and a dash. Somewhere over Africa they are turning, and have not come down.",
    ],
  },
  {
    slug: "a-clock-that-is-wrong",
    title: "A clock that is wrong",
    summary: "My grandfather's clock loses four minutes a day, and I have stopped correcting it.",
    minutes: 3,
    paragraphs: [
      "For years I wound it on Sundays and put it right. By Wednesday it would be a quarter of an hour behind and I would feel, absurdly, that I had let it down. The man who repairs clocks listened to it with his eyes shut. It is healthy, he said. It simply does not agree.",
      "So we made peace. The clock in the hall now keeps its own time, and once in a year, by my sums, it is exactly right for a day. We have begun to celebrate that. There is cake. Children are allowed to stay up until the clock says so, which last time was a quarter to four.",
      "Everything else in the house is told the time from space, to the millisecond, and nobody ever looks at it with affection. Only the wrong clock has a voice. It strikes eleven at lunch, unhurried, and we all look up and smile.",
    ],
  },
  {
    slug: "swimming-in-october",
    title: "Swimming in October",
    summary: "The lake has been emptying of people for weeks. That is the invitation.",
    minutes: 3,
    paragraphs: [
      "The rule is to walk in without stopping and without speeches. Knees, breath, ribs, breath. For ten seconds the body files every complaint it has. Then the paperwork ends, and there you are, a warm coin in a cold pocket, with the whole lake drawn tight and shining about your chin.",
      "Twelve strokes to the yellow buoy, twelve back. In July you could not have counted two without apologising. Now there is a grebe, which looks at me as you would at somebody early for a party, and a mist that lifts from the far shore like a cloth from a table.",
      "Afterwards is the better half. Two jumpers, a flask, fingers that can't do buttons. We sit on the jetty steaming gently, four of us and sometimes five, and say almost nothing. Nobody has ever been sorry on the way home.",
    ],
  },
  {
    slug: "the-long-letter",
    title: "The long letter",
    summary: "A friend and I have been writing one letter to each other since 2009.",
    minutes: 4,
    paragraphs: [
      "It is a single letter in the sense that neither of us has ever closed it. No greeting, no regards. Her page ends in the middle of a thought, sometimes of a sentence, and I go on from there, and six weeks later it comes back with more. By now it fills two shoe boxes and the beginning of a third.",
      "There is no news in it. For news we have telephones. The letter is for what turns up slowly: what the pear tree did, a theory of lighthouses, why her father whistled only on stairs. We disagree in it with great patience. A quarrel about whether a river is a place took us most of 2016.",
      "I asked her once how it should end. She wrote that endings are for things with chapters, and then, without a new line, began to describe a heron. I have her page here. It stops at the word and. I am sharpening a pencil.",
    ],
  },
  {
    slug: "moss",
    title: "Moss, looked at closely",
    summary: "With a ten-times lens and a wet afternoon, a wall becomes a forest.",
    minutes: 3,
    paragraphs: [
      "Buy the lens first; it costs less than a pizza. Hold it to your eye, not to the moss, and bring your whole head down as if to listen. The green blur takes a breath, and is suddenly trees. There are glades. There are things in the glades that have legs and errands.",
      "Mosses have no roots to speak of and nothing to hurry for. They dry to a crisp and stop, for a month, for a summer, and at the first rain they simply go on. You can watch it: put a drop on a grey cushion and count. By thirty it has unfolded and is the green of a traffic light.",
      "I have found fourteen kinds between my door and the bakery, and can name nine. The walk takes forty minutes now. The baker, who used to think that I was unwell, has bought a lens.",
    ],
  },
];

const bySlug = new Map(articles.map((article) => [article.slug, article]));

export function articleOf(slug: string): Article | undefined {
  return bySlug.get(slug);
}

/** The presence topic of an article. */
export function topicOf({ slug }: Article): string {
  return `article:${slug}`;
}
