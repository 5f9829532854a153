import { fragmentOf, PresenceSet } from "../src/index.ts";

const tokyo = new PresenceSet({ replica: "tokyo" });
const paris = new PresenceSet({ replica: "paris" });
tokyo.show("paris");
paris.show("tokyo");

tokyo.join(1, "lobby", "alice", { device: "phone" });
paris.merge(fragmentOf("tokyo", tokyo.takeSteps()));
console.log(paris.list("lobby"), paris.count("lobby"));
