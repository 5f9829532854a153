import { driverSuite } from "./driver-suite.ts";
import { drivers } from "./support/drivers.ts";

driverSuite("natsPubSub", drivers.nats);
