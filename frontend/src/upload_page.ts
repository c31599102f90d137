/** Send a study: choose, check, clean, agree on the list, send what is missing, start the analysis. */

import "../styles/upload.css";
import { fromDrop, fromField } from "./choose_files";
import { cleanFiles, type CleanedStudy } from "./deidentification/deidentify";
import { keys } from "./keyboard";
import { pack, type ChosenFile, type HashedFile } from "./manifest";
import { bytes, count, duration, rate, RateMeter } from "./numbers";
import { byId, pageData, requestJson, ServerError } from "./page";
import type { Sending } from "./upload";
import { check, hideCheck, siteRules } from "./upload_check";
import { receiptRows, saveReceipt, serverReceipt, type ServerLine } from "./upload_receipt";
import { counted, translated } from "./words";

interface PageData {
  readonly uploads_url: string;
  readonly tus_url: string;
  readonly studies_url: string;
  readonly runs_url: string;
  readonly sites: readonly { readonly id: string; readonly visits: readonly string[] }[];
  readonly max_files: number;
  readonly max_bytes: number;
}

interface UploadState {
  readonly id: string;
  readonly missing: readonly string[];
  readonly received_bytes: number;
  readonly size_bytes: number;
}

const data = pageData<PageData>("upload-data");
const form = byId<HTMLFormElement>("study");
let chosen: ChosenFile[] = [];
let sending: Sending | undefined;
let paused = false;
let checking = new AbortController();
let study: CleanedStudy | undefined;

// --- what the page says ------------------------------------------------------------------------

function say(text: string): void {
  byId("status").textContent = text;
}

function complain(text: string): void {
  const fault = byId("fault");
  fault.hidden = text === "";
  byId("fault-text").textContent = text;
}

function showProgress(step: string, done: number, total: number, rest = ""): void {
  byId("progress-panel").hidden = false;
  byId("step").textContent = step;
  const bar = byId<HTMLProgressElement>("bar");
  bar.max = Math.max(total, 1);
  bar.value = done;
  say(translated("%(done)s of %(total)s", { done: bytes(done), total: bytes(total) }) + rest);
}

function setBusy(busy: boolean): void {
  for (const control of form.querySelectorAll<HTMLInputElement>("input, select, button")) {
    control.disabled = busy;
  }
  byId("pause").hidden = !busy;
  byId<HTMLButtonElement>("pause").disabled = true;
}

// --- choosing ----------------------------------------------------------------------------------

function tooMuch(files: readonly ChosenFile[], total: number): string {
  if (files.length > data.max_files) {
    return translated("More than %(most)s files. Send one study at a time.", { most: count(data.max_files) });
  }
  if (total <= data.max_bytes) return "";
  return translated("More than %(most)s. Send one study at a time.", { most: bytes(data.max_bytes) });
}

function urlsOfSite(): { rules: string; check: string } {
  const chosenSite = form.querySelector("select")!.selectedOptions[0]!;
  return { rules: chosenSite.dataset["rules"]!, check: chosenSite.dataset["check"]! };
}

async function choose(files: ChosenFile[]): Promise<void> {
  checking.abort();
  checking = new AbortController();
  const { signal } = checking;
  chosen = files;
  study = undefined;
  complain("");
  hideCheck();
  byId<HTMLButtonElement>("send").disabled = true;
  const total = files.reduce((sum, each) => sum + each.file.size, 0);
  const size = bytes(total);
  const said =
    files.length === 0
      ? translated("No files in there.")
      : counted(files.length, "%(n)s file, %(size)s.", "%(n)s files, %(size)s.", { size });
  byId("chosen").textContent = said;
  if (files.length === 0) return;
  const looking = (done: number): void => {
    const reading = translated("Reading the headers: %(done)s of %(total)s.", { done: bytes(done), total: size });
    byId("chosen").textContent = `${said} ${reading}`;
  };
  const fault = tooMuch(files, total) || (await look(files, looking, signal));
  if (signal.aborted) return;
  byId("chosen").textContent = said;
  complain(fault);
  byId<HTMLButtonElement>("send").disabled = fault !== "";
}

async function look(
  files: readonly ChosenFile[],
  looking: (done: number) => void,
  signal: AbortSignal,
): Promise<string> {
  try {
    return await check(files, urlsOfSite(), looking, signal);
  } catch (error) {
    return translated(error instanceof Error ? error.message : String(error));
  }
}

function watchDrop(zone: HTMLElement): void {
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", async (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    if (!event.dataTransfer || sending) return;
    byId("chosen").textContent = translated("Reading the folder…");
    await choose(await fromDrop(event.dataTransfer));
  });
}

// --- sending -----------------------------------------------------------------------------------

interface Subject {
  readonly site: string;
  readonly subject: string;
  readonly visit: string;
}

/** Read before the form is locked: a locked control gives no value. */
function subjectOfForm(): Subject {
  const fields = new FormData(form);
  const text = (name: string): string => String(fields.get(name) ?? "").trim();
  return { site: text("site"), subject: text("subject"), visit: text("visit") };
}

/** How many files stay here, by reason; the portal is told no names. */
function notSent(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { written, code } of study?.lines ?? []) {
    if (written === "") counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

function agree(
  about: Subject,
  files: readonly HashedFile[],
  newVersion: boolean,
): Promise<UploadState> {
  return requestJson<UploadState>(data.uploads_url, {
    ...about,
    new_version: newVersion,
    not_sent: notSent(),
    files: files.map((each) => ({ path: each.path, size_bytes: each.file.size, sha256: each.sha256 })),
  });
}

async function sendMissing(files: readonly HashedFile[], upload: UploadState): Promise<void> {
  const parcels = pack(files, new Set(upload.missing));
  if (parcels.length === 0) return;
  const total = upload.size_bytes;
  const here = upload.received_bytes;
  const meter = new RateMeter();
  const heard = (sent: number): void => {
    const done = Math.min(here + sent, total);
    meter.add(performance.now(), done);
    const left = duration(meter.secondsLeft(total));
    const rest = translated("%(time)s left", { time: left });
    showProgress(translated("Sending"), done, total, ` · ${rate(meter.bytesPerSecond)} · ${rest}`);
  };
  heard(0);
  const { send } = await import("./upload");
  sending = send(parcels, upload.id, data.tus_url, heard);
  byId<HTMLButtonElement>("pause").disabled = false;
  await sending.finished;
}

/** Ask the server once more what is missing: only its list decides that all has arrived. */
async function finish(upload: UploadState): Promise<void> {
  const run = await requestJson<{ page_url: string }>(`${data.uploads_url}${upload.id}/complete/`, {});
  window.removeEventListener("beforeunload", warn);
  await showReceipt(upload);
  byId("progress-panel").hidden = true;
  form.hidden = true;
  byId<HTMLAnchorElement>("follow").href = run.page_url;
  byId("arrived").hidden = false;
  byId("follow").focus();
}

/** Both sides' verdicts; without an answer of the portal, what is known here. */
async function showReceipt(upload: UploadState): Promise<void> {
  const { files, lines } = study!;
  const server = await serverReceipt(`${data.uploads_url}${upload.id}/receipt/`).catch((): ServerLine[] => []);
  const rows = receiptRows(lines, files, server);
  const received = rows.filter((row) => row.portal === "received whole").length;
  byId("receipt-summary").textContent = counted(
    rows.length,
    "%(received)s of %(n)s file received whole.",
    "%(received)s of %(n)s files received whole.",
    { received: count(received) },
  );
  byId("receipt-panel").hidden = false;
  byId("save-receipt").onclick = () => saveReceipt(rows, `receipt-${upload.id.slice(0, 8)}.csv`);
}

async function prepare(subject: string, total: number): Promise<CleanedStudy> {
  const preparing = (done: number): void => showProgress(translated("Removing names"), done, total);
  preparing(0);
  const cleaned = await cleanFiles(chosen, await siteRules(urlsOfSite().rules), subject, preparing);
  if (cleaned.files.length === 0) throw new Error(translated("None of these files can be sent. The list says why."));
  return cleaned;
}

async function start(newVersion = false): Promise<void> {
  complain("");
  byId("again").hidden = byId("twin").hidden = true;
  byId("receipt-panel").hidden = true;
  const about = subjectOfForm();
  setBusy(true);
  window.addEventListener("beforeunload", warn);
  const total = chosen.reduce((sum, each) => sum + each.file.size, 0);
  let upload: UploadState | undefined;
  try {
    study = await prepare(about.subject, total);
    upload = await agree(about, study.files, newVersion);
    await sendMissing(study.files, upload);
    showProgress(translated("Starting the analysis"), total, total);
    await finish(upload);
  } catch (error) {
    stopped(error);
    if (upload) await showReceipt(upload);
  }
}

function stopped(error: unknown): void {
  window.removeEventListener("beforeunload", warn);
  sending = undefined;
  setBusy(false);
  byId("step").textContent = translated("Stopped");
  complain(translated(error instanceof Error ? error.message : String(error)));
  const isTwin = error instanceof ServerError && error.code === "same-study";
  byId("again").hidden = !isTwin;
  if (isTwin) void offerTwin((error.details as { study?: string }).study);
}

/** Lead to the study that is here already; the portal tells its analyses only to who may open them. */
async function offerTwin(study: string | undefined): Promise<void> {
  const url = `${data.studies_url}${study}/runs/`;
  const runs = await requestJson<{ results: { id: string }[] }>(url).catch(() => ({ results: [] }));
  const newest = runs.results[0];
  if (!newest || byId("again").hidden) return;
  const link = byId<HTMLAnchorElement>("twin");
  link.href = `${data.runs_url}${newest.id}/`;
  link.hidden = false;
}

function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

function togglePause(): void {
  if (!sending) return;
  paused = !paused;
  if (paused) sending.pause();
  else sending.resume();
  byId("pause").textContent = paused ? translated("Resume") : translated("Pause");
  if (paused) say(translated("Paused. You can also close the page: choose the same folder later to go on."));
}

// --- wiring ------------------------------------------------------------------------------------

function offerVisits(): void {
  const site = data.sites.find((each) => each.id === form.querySelector("select")?.value);
  const options = (site?.visits ?? []).map((visit) => new Option(visit, visit));
  byId("visits").replaceChildren(...options);
  const field = byId<HTMLInputElement>("visit");
  if (!field.value) field.value = site?.visits[0] ?? "";
}

watchDrop(byId("drop"));
for (const id of ["folder", "files"]) {
  const field = byId<HTMLInputElement>(id);
  field.addEventListener("change", () => field.files && void choose(fromField(field.files)));
}
byId("pick-folder").addEventListener("click", () => byId("folder").click());
byId("pick-files").addEventListener("click", () => byId("files").click());
byId("pause").addEventListener("click", togglePause);
byId("again").addEventListener("click", () => void start(true));
form.querySelector("select")?.addEventListener("change", () => {
  offerVisits();
  if (chosen.length > 0) void choose(chosen); // another site, another protocol
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void start();
});
offerVisits();
keys().add(
  { id: "pick", label: "Choose a folder", key: "f", run: () => byId("folder").click() },
  { id: "pause", label: "Pause or resume", key: "p", run: togglePause },
  { id: "list", label: "Back to the work list", key: "w", run: () => window.location.assign("/") },
);
