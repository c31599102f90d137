/** On every page: styles, theme, the list of keys. Loaded before the module of the page. */

import "../styles/tokens.css";
import "../styles/base.css";
import "../styles/parts.css";
import { keyName, keys, saveKeys } from "./keyboard";
import { translated } from "./words";

const THEMES = ["auto", "dark", "light"] as const;
type Theme = (typeof THEMES)[number];

function currentTheme(): Theme {
  const value = document.documentElement.dataset["theme"];
  return value === "dark" || value === "light" ? value : "auto";
}

/** The button has the words for each theme in the language of the page. */
function nameTheme(): void {
  const button = document.getElementById("theme");
  if (button) button.textContent = button.dataset[currentTheme()] ?? "";
}

/** The cookie lets the server write the theme into the page, so that nothing flashes. */
function setTheme(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
  nameTheme();
  document.dispatchEvent(new CustomEvent("themechange"));
}

function nextTheme(): void {
  setTheme(THEMES[(THEMES.indexOf(currentTheme()) + 1) % THEMES.length]!);
}

function keyRow(id: string, label: string, key: string): HTMLTableRowElement {
  const row = document.createElement("tr");
  const name = document.createElement("td");
  name.textContent = label;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  button.dataset["action"] = id;
  button.setAttribute("aria-label", translated("%(action)s: key %(key)s. Press to choose another key.", { action: label, key }));
  const kbd = document.createElement("kbd");
  kbd.textContent = key;
  button.append(kbd);
  const cell = document.createElement("td");
  cell.append(button);
  row.append(name, cell);
  return row;
}

function fillKeys(): void {
  const body = document.querySelector("#keys tbody");
  body?.replaceChildren(...keys().list.map((a) => keyRow(a.id, translated(a.label), a.boundKey)));
}

/** Wait for the next key press and bind it to the action of `button`. */
function rebind(button: HTMLButtonElement, status: HTMLElement): void {
  status.textContent = translated("Press the new key, or Escape to keep the old one.");
  const listen = (event: KeyboardEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    document.removeEventListener("keydown", listen, true);
    if (event.key === "Escape") {
      status.textContent = "";
      return;
    }
    const name = keyName(event);
    const done = keys().bind(button.dataset["action"] ?? "", name);
    status.textContent = done
      ? translated("Saved: %(key)s.", { key: name })
      : translated("%(key)s is taken by another action.", { key: name });
    if (done) saveKeys();
    fillKeys();
  };
  document.addEventListener("keydown", listen, true);
}

function openKeys(): void {
  fillKeys();
  document.querySelector<HTMLDialogElement>("#keys")?.showModal();
}

function watchKeysDialog(dialog: HTMLDialogElement): void {
  const status = dialog.querySelector<HTMLElement>("[role=status]")!;
  dialog.addEventListener("click", (event) => {
    const button = (event.target as HTMLElement).closest<HTMLButtonElement>("button[data-action]");
    if (button) rebind(button, status);
  });
  dialog.querySelector("[data-reset]")?.addEventListener("click", () => {
    keys().reset();
    saveKeys();
    fillKeys();
  });
}

keys().add(
  { id: "help", label: "Show the keys of this page", key: "?", run: openKeys },
  { id: "theme", label: "Change between dark, light and automatic", key: "T", run: nextTheme },
);
document.getElementById("theme")?.addEventListener("click", nextTheme);
document.getElementById("show-keys")?.addEventListener("click", openKeys);
const dialog = document.querySelector<HTMLDialogElement>("#keys");
if (dialog) watchKeysDialog(dialog);
nameTheme();
