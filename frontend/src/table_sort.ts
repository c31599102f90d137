/** Sort a table by a column; `data-value` holds what is compared, cells without one come last. */

export type Direction = "ascending" | "descending";

export function compareValues(a: string | undefined, b: string | undefined): number {
  if (a === undefined || a === "") return b === undefined || b === "" ? 0 : 1;
  if (b === undefined || b === "") return -1;
  const [x, y] = [Number(a), Number(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  return a.localeCompare(b);
}

export function order(values: (string | undefined)[], direction: Direction): number[] {
  const sign = direction === "ascending" ? 1 : -1;
  const empty = (value: string | undefined): boolean => value === undefined || value === "";
  return values
    .map((_, index) => index)
    .sort((p, q) => {
      const [a, b] = [values[p], values[q]];
      const compared = compareValues(a, b);
      return empty(a) || empty(b) ? compared : sign * compared || p - q;
    });
}

function sortBy(table: HTMLTableElement, header: HTMLTableCellElement): void {
  const direction: Direction =
    header.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
  for (const other of table.querySelectorAll("thead th[aria-sort]")) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", direction);
  const body = table.tBodies[0]!;
  const rows = [...body.rows];
  const values = rows.map((row) => row.cells[header.cellIndex]?.dataset["value"]);
  body.append(...order(values, direction).map((index) => rows[index]!));
}

/** Make the headers that hold a button sort the table. */
export function makeSortable(table: HTMLTableElement): void {
  for (const header of table.querySelectorAll<HTMLTableCellElement>("thead th")) {
    header.querySelector("button")?.addEventListener("click", () => sortBy(table, header));
  }
}

/** The table as tab-separated text, as it is seen, for a letter or a sheet. */
export function asText(table: HTMLTableElement): string {
  const line = (row: HTMLTableRowElement): string =>
    [...row.cells].map((cell) => (cell.dataset["copy"] ?? cell.innerText).trim().replace(/\s*\n\s*/g, " ")).join("\t");
  return [...table.rows].map(line).join("\n");
}
