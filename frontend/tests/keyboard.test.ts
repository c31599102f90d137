import { describe, expect, it, vi } from "vitest";
import { KeyMap, keyName } from "../src/keyboard";

const press = (key: string, ctrlKey = false) => ({ key, ctrlKey, metaKey: false, altKey: false });

describe("keys", () => {
  it("have one name each", () => {
    expect(keyName(press("?"))).toBe("?");
    expect(keyName(press("z", true))).toBe("Ctrl+z");
    expect(keyName(press(" "))).toBe("Space");
  });

  it("find their action, also after being bound anew", () => {
    const run = vi.fn();
    const map = new KeyMap();
    map.add({ id: "next", label: "Next", key: "j", run });
    expect(map.bind("next", "n")).toBe(true);
    expect(map.find("j")).toBeUndefined();
    map.find("n")?.run();
    expect(run).toHaveBeenCalledOnce();
    map.reset();
    expect(map.find("j")?.id).toBe("next");
  });

  it("are not given to two actions", () => {
    const map = new KeyMap();
    const run = () => undefined;
    map.add({ id: "a", label: "A", key: "a", run }, { id: "b", label: "B", key: "b", run });
    expect(map.bind("a", "b")).toBe(false);
    expect(map.bind("a", "a")).toBe(true);
  });
});
