import { describe, expect, expectTypeOf, it } from "vitest";
import { InvalidArgumentError } from "../../src/index.ts";
import { createEndpoint, Endpoint } from "../../src/phoenix/index.ts";

describe("the class Endpoint", () => {
  it("is the class of the endpoints that createEndpoint makes", async () => {
    const plain = await createEndpoint();
    const users = await createEndpoint({ connect: () => ({ assigns: { userId: "42" } }) });
    expect(plain).toBeInstanceOf(Endpoint);
    expect(users).toBeInstanceOf(Endpoint);
    expectTypeOf(users).toEqualTypeOf<Endpoint<{ userId: string }>>();
  });

  it("serves as a type and as an injection token", async () => {
    class Rooms {
      readonly endpoint: Endpoint;
      constructor(endpoint: Endpoint) {
        this.endpoint = endpoint;
      }
    }
    const endpoint = await createEndpoint();
    const container = new Map<unknown, unknown>([[Endpoint, endpoint]]);
    const injected: unknown = container.get(Endpoint);
    if (!(injected instanceof Endpoint)) throw new Error("the container has no endpoint");
    expect(new Rooms(injected).endpoint).toBe(endpoint);
  });

  it("can't be constructed or extended, and the error names createEndpoint", () => {
    // @ts-expect-error the constructor is private
    const construct = () => new Endpoint({});
    expect(construct).toThrow(InvalidArgumentError);
    expect(construct).toThrow(
      "new Endpoint() was called directly; only its factory may construct it. Call await createEndpoint() instead.",
    );
    // @ts-expect-error a class with a private constructor can't be extended
    class Extended extends Endpoint {}
    expect(() => Reflect.construct(Extended, [])).toThrow(InvalidArgumentError);
  });

  it("has public members only", async () => {
    const endpoint = await createEndpoint();
    const members = [...Object.getOwnPropertyNames(Endpoint.prototype), ...Reflect.ownKeys(endpoint)];
    expect(members.toSorted()).toEqual(
      [
        "attach",
        "broadcast",
        "channel",
        "close",
        "constructor",
        "disconnect",
        "handler",
        "socketCount",
      ].toSorted(),
    );
  });
});
