/** Every action of a page has a key; `?` lists them, and each can be bound to another key. */

export interface Action {
  readonly id: string;
  readonly label: string;
  readonly key: string;
  readonly run: () => void;
}

export interface Bound extends Action {
  readonly boundKey: string;
}

type KeyPress = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">;

/** The name of a key press as the help shows it: "j", "?", "Enter", "Ctrl+z". */
export function keyName(press: KeyPress): string {
  const key = press.key === " " ? "Space" : press.key;
  const modifiers = [press.ctrlKey || press.metaKey ? "Ctrl" : "", press.altKey ? "Alt" : ""];
  return [...modifiers.filter(Boolean), key].join("+");
}

export function isTyping(target: EventTarget | null): boolean {
  if (typeof HTMLElement === "undefined" || !(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

/** The actions of one page with the reader's own keys laid over the defaults. */
export class KeyMap {
  private readonly actions = new Map<string, Action>();

  constructor(private own: Record<string, string> = {}) {}

  add(...actions: Action[]): void {
    for (const action of actions) this.actions.set(action.id, action);
  }

  get list(): Bound[] {
    return [...this.actions.values()].map((a) => ({ ...a, boundKey: this.own[a.id] ?? a.key }));
  }

  find(key: string): Bound | undefined {
    return this.list.find((action) => action.boundKey === key);
  }

  /** Bind `id` to `key`; refuse a key that another action of the page has. */
  bind(id: string, key: string): boolean {
    const holder = this.find(key);
    if (holder && holder.id !== id) return false;
    this.own = { ...this.own, [id]: key };
    return true;
  }

  reset(): void {
    this.own = {};
  }

  get ownKeys(): Record<string, string> {
    return { ...this.own };
  }
}

const STORAGE_KEY = "lobule.keys";

function stored(): Record<string, string> {
  try {
    return JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "{}") as Record<string, string>;
  } catch {
    return {};
  }
}

let pageKeys: KeyMap | undefined;

/** The page's key map; the first call starts listening. */
export function keys(): KeyMap {
  if (pageKeys) return pageKeys;
  const map = new KeyMap(stored());
  pageKeys = map;
  document.addEventListener("keydown", (event) => {
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const onControl = event.target instanceof HTMLElement && event.target.closest("button, a, summary");
    if (onControl && ["Enter", " "].includes(event.key)) return;
    const action = map.find(keyName(event));
    if (!action) return;
    event.preventDefault();
    action.run();
  });
  return map;
}

export function saveKeys(): void {
  localStorage.setItem(STORAGE_KEY, JSON.stringify(keys().ownKeys));
}
