import { driverSuite } from "./driver-suite.ts";
import { drivers } from "./support/drivers.ts";

driverSuite("redisPubSub", drivers.redis);
