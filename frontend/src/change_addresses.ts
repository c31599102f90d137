/** Addresses and states of the comparison of visits, without a browser. */

export function sectionAddress(url: string): string {
  return `${url}${url.includes("?") ? "&" : "?"}part`;
}

export function figureAddress(url: string, quantity: string, region: string): string {
  return `${url}?${new URLSearchParams({ quantity, region }).toString()}`;
}

export function isWaiting(state: string | undefined): boolean {
  return state === "queued" || state === "running";
}
