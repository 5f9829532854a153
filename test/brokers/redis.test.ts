import { driverSuite } from "./driver-suite.ts";
import { redisFaults } from "./redis-faults.ts";
import { drivers } from "./support/drivers.ts";

driverSuite("redisPubSub", drivers.redis, redisFaults);
