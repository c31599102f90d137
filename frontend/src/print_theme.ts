/** Paper is white: while the page is printed, charts too are drawn in the light theme. */

export function printInLight(): void {
  let before: string | undefined;
  window.addEventListener("beforeprint", () => {
    before = document.documentElement.dataset["theme"];
    document.documentElement.dataset["theme"] = "light";
    document.dispatchEvent(new CustomEvent("themechange"));
  });
  window.addEventListener("afterprint", () => {
    if (before === undefined) delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = before;
    document.dispatchEvent(new CustomEvent("themechange"));
  });
}
