/** What every page module needs from the document and the server. */

import { translated } from "./words";

/** Read the JSON that the template wrote into `<script type="application/json" id=...>`. */
export function pageData<T>(id: string): T {
  const element = document.getElementById(id);
  if (!element?.textContent) throw new Error(`page data ${id} is missing`);
  return JSON.parse(element.textContent) as T;
}

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`element ${id} is missing`);
  return element as T;
}

/** Say of each button that the selector finds whether it is pressed. */
export function press(selector: string, isPressed: (button: HTMLButtonElement) => boolean): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>(selector)) {
    button.setAttribute("aria-pressed", String(isPressed(button)));
  }
}

export function cookie(name: string): string {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

/** The server's one error shape: `{code, message, details}`. */
export class ServerError extends Error {
  constructor(
    message: string,
    readonly code: string,
    readonly status: number,
    readonly details: unknown = undefined,
  ) {
    super(message);
  }
}

/** What is wrong with which value, out of the nested details of a refused request. */
export function detailWords(details: unknown, name = ""): string[] {
  if (typeof details === "string") return [name ? `${name}: ${details}` : details];
  if (Array.isArray(details)) return details.flatMap((each) => detailWords(each, name));
  if (details === null || typeof details !== "object") return [];
  return Object.entries(details).flatMap(([key, value]) => detailWords(value, key));
}

async function failure(response: Response): Promise<ServerError> {
  const fallback = translated("The server answered %(status)s. Try again, or reload the page.", {
    status: response.status,
  });
  try {
    const body = (await response.json()) as { code?: string; message?: string; details?: unknown };
    const words = body.code === "invalid" ? detailWords(body.details).slice(0, 5) : [];
    const message = [body.message ?? fallback, ...words].join(" ");
    return new ServerError(message, body.code ?? "error", response.status, body.details);
  } catch {
    return new ServerError(fallback, "error", response.status);
  }
}

export async function request(url: string, options: RequestInit = {}): Promise<Response> {
  const headers = new Headers(options.headers);
  headers.set("X-Requested-With", "fetch");
  if (options.method && options.method !== "GET") headers.set("X-CSRFToken", cookie("csrftoken"));
  const response = await fetch(url, { credentials: "same-origin", ...options, headers });
  if (!response.ok) throw await failure(response);
  return response;
}

export async function requestJson<T>(
  url: string,
  body?: unknown,
  options: RequestInit = {},
): Promise<T> {
  const sent: RequestInit =
    body === undefined
      ? options
      : {
          method: "POST",
          ...options,
          body: JSON.stringify(body),
          headers: { "Content-Type": "application/json", ...options.headers },
        };
  return (await (await request(url, sent)).json()) as T;
}

/** Run `work` at most once in `delayMs`, with the latest arguments. */
export function debounce<A extends unknown[]>(
  work: (...values: A) => void,
  delayMs: number,
): (...values: A) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...values), delayMs);
  };
}

/** Wait until the numbers are on screen, so that loading of large scripts does not hold them up. */
export function painted(): Promise<void> {
  return new Promise((resolve) => {
    new PerformanceObserver((seen, observer) => {
      if (seen.getEntriesByName("first-contentful-paint").length === 0) return;
      observer.disconnect();
      resolve();
    }).observe({ type: "paint", buffered: true });
    setTimeout(resolve, 1500); // a page in the background is never painted
  });
}

/** Wait until what was drawn is on screen. */
export function shown(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(() => resolve()));
    setTimeout(resolve, 1000);
  });
}

export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Wait until the page has nothing to do, three seconds at most. */
export async function idle(): Promise<void> {
  await painted();
  await new Promise<void>((resolve) => {
    if (typeof requestIdleCallback === "function") requestIdleCallback(() => resolve(), { timeout: 3000 });
    else setTimeout(resolve, 500);
  });
}
