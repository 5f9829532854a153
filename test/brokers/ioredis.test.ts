import { drivers } from "../../scripts/brokers/drivers.ts";
import { driverSuite } from "./driver-suite.ts";
import { redisFaults } from "./redis-faults.ts";
import { redisPermissions } from "./redis-permissions.ts";

driverSuite("ioredisPubSub", drivers.ioredis, (context) => {
  redisFaults(context);
  redisPermissions(context);
});
