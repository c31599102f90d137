/** Send a study: choose, hash, agree on the list, send what is missing, start the analysis. */

import "../styles/upload.css";
import { fromDrop, fromField } from "./choose_files";
import { hashFiles } from "./hash_files";
import { keys } from "./keyboard";
import { pack, type ChosenFile, type HashedFile } from "./manifest";
import { bytes, count, duration, rate, RateMeter } from "./numbers";
import { byId, pageData, requestJson, ServerError } from "./page";
import type { Sending } from "./upload";

interface PageData {
  readonly uploads_url: string;
  readonly tus_url: string;
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
  say(`${bytes(done)} of ${bytes(total)}${rest}`);
}

function setBusy(busy: boolean): void {
  for (const control of form.querySelectorAll<HTMLInputElement>("input, select, button")) {
    control.disabled = busy;
  }
  byId("pause").hidden = !busy;
  byId<HTMLButtonElement>("pause").disabled = true;
}

// --- choosing ----------------------------------------------------------------------------------

function choose(files: ChosenFile[]): void {
  chosen = files;
  complain("");
  const total = files.reduce((sum, each) => sum + each.file.size, 0);
  const empty = files.filter((each) => each.file.size === 0).length;
  byId("chosen").textContent =
    files.length === 0
      ? "No files in there."
      : `${count(files.length)} files, ${bytes(total)}${empty > 0 ? `, ${empty} of them empty` : ""}.`;
  if (files.length > data.max_files) {
    complain(`More than ${count(data.max_files)} files. Send one study at a time.`);
  } else if (total > data.max_bytes) {
    complain(`More than ${bytes(data.max_bytes)}. Send one study at a time.`);
  }
  byId<HTMLButtonElement>("send").disabled = files.length === 0 || !byId("fault").hidden;
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
    byId("chosen").textContent = "Reading the folder…";
    choose(await fromDrop(event.dataTransfer));
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

function agree(
  about: Subject,
  files: readonly HashedFile[],
  newVersion: boolean,
): Promise<UploadState> {
  return requestJson<UploadState>(data.uploads_url, {
    ...about,
    new_version: newVersion,
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
    showProgress("Sending", done, total, ` · ${rate(meter.bytesPerSecond)} · ${left} left`);
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
  window.location.assign(run.page_url);
}

async function start(newVersion = false): Promise<void> {
  complain("");
  byId("again").hidden = true;
  const about = subjectOfForm();
  setBusy(true);
  window.addEventListener("beforeunload", warn);
  const total = chosen.reduce((sum, each) => sum + each.file.size, 0);
  try {
    showProgress("Reading the files", 0, total);
    const files = await hashFiles(chosen, (done) => showProgress("Reading the files", done, total));
    const upload = await agree(about, files, newVersion);
    await sendMissing(files, upload);
    showProgress("Starting the analysis", total, total);
    await finish(upload);
  } catch (error) {
    stopped(error);
  }
}

function stopped(error: unknown): void {
  window.removeEventListener("beforeunload", warn);
  sending = undefined;
  setBusy(false);
  byId("step").textContent = "Stopped";
  complain(error instanceof Error ? error.message : String(error));
  byId("again").hidden = !(error instanceof ServerError && error.code === "same-study");
}

function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

function togglePause(): void {
  if (!sending) return;
  paused = !paused;
  if (paused) sending.pause();
  else sending.resume();
  byId("pause").textContent = paused ? "Resume" : "Pause";
  if (paused) say("Paused. You can also close the page: choose the same folder later to go on.");
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
  field.addEventListener("change", () => field.files && choose(fromField(field.files)));
}
byId("pick-folder").addEventListener("click", () => byId("folder").click());
byId("pick-files").addEventListener("click", () => byId("files").click());
byId("pause").addEventListener("click", togglePause);
byId("again").addEventListener("click", () => void start(true));
form.querySelector("select")?.addEventListener("change", offerVisits);
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
