import { driverSuite } from "./driver-suite.ts";
import { redisFaults } from "./redis-faults.ts";
import { redisPermissions } from "./redis-permissions.ts";
import { drivers } from "./support/drivers.ts";

driverSuite("redisPubSub", drivers.redis, (stage) => {
  redisFaults(stage);
  redisPermissions(stage);
});
