import { describe, expect, it } from "vitest";
import { Owners } from "../../src/relay/owners.ts";

describe("What several own", () => {
  it("closes once, when the last has released it, and each release counts once", async () => {
    let closed = 0;
    const owners = new Owners(async () => void closed++);
    const [first, second] = [owners.retain(), owners.retain()];
    await first();
    await first();
    expect(closed).toBe(0);
    const third = owners.retain();
    await second();
    expect(closed).toBe(0);
    await third();
    await Promise.all([first(), second(), third()]);
    expect(closed).toBe(1);
  });

  it("is closed when the last release has settled, and tells whoever released it why it could not be", async () => {
    let close = () => {};
    const closing = new Promise<void>((resolve) => {
      close = resolve;
    });
    let released = false;
    void new Owners(() => closing)
      .retain()()
      .then(() => {
        released = true;
      });
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(released).toBe(false);
    close();
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(released).toBe(true);
    const failing = new Owners(() => Promise.reject(new Error("busy"))).retain();
    await expect(failing()).rejects.toThrow("busy");
    await expect(failing()).rejects.toThrow("busy");
  });
});
