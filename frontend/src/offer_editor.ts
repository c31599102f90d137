/** The way into the mask editor, on the report and on a reading. */

import { keys } from "./keyboard";
import type { LiverViewer } from "./viewer";

/** The editor is loaded when it is first wanted; wanted before the images are there, it waits. */
export function offerEditor(ready: Promise<LiverViewer | undefined>, words: { readonly label: string }): void {
  const start = document.getElementById("edit-start");
  if (!start) return;
  const open = async (): Promise<void> => {
    if (start.hidden) return;
    start.hidden = true;
    const viewer = await ready;
    if (viewer) (await import("./mask_editor")).openEditor(viewer);
    else start.hidden = false;
  };
  start.addEventListener("click", () => void open());
  void ready.then((viewer) => {
    if (viewer) keys().add({ id: "correct", label: words.label, key: "e", run: () => void open() });
  });
}
