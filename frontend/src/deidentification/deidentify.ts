/** The page's side of the de-identifying worker. */

import type { ChosenFile, HashedFile } from "../manifest";
import type { Preview } from "./inspection";
import type { RuleTable } from "./rules";
import type { ReceiptLine } from "./source";
import DeidentifyWorker from "./worker?worker";
import type { Cleaned, WorkerAnswer, WorkerRequest } from "./worker";

/** What the server gives a signed-in uploader of a site. */
export interface SiteRules {
  readonly key: string;
  readonly rules: RuleTable;
}

export interface CleanedStudy {
  readonly files: readonly HashedFile[];
  readonly lines: readonly ReceiptLine[];
}

type Progress = (bytesDone: number) => void;

const FAILED = "The files could not be prepared. Reload the page and choose them again; nothing was sent.";

function run(request: WorkerRequest, hear: (answer: WorkerAnswer) => void, stop?: AbortSignal): Promise<void> {
  const worker = new DeidentifyWorker();
  return new Promise<void>((resolve, reject) => {
    const fail = (): void => reject(new Error(FAILED));
    stop?.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    worker.addEventListener("error", fail);
    worker.addEventListener("messageerror", fail);
    worker.addEventListener("message", ({ data }: MessageEvent<WorkerAnswer>) => {
      if (data.kind === "done") resolve();
      else if (data.kind === "problem") fail();
      else hear(data);
    });
    worker.postMessage(request);
  }).finally(() => worker.terminate());
}

/** Read the headers of what was chosen. */
export async function inspectFiles(
  files: readonly ChosenFile[],
  rules: RuleTable,
  progress: Progress,
  stop: AbortSignal,
): Promise<Preview> {
  let [preview, done]: [Preview | undefined, number] = [undefined, 0];
  const hear = (answer: WorkerAnswer): void => {
    if (answer.kind === "preview") preview = answer.preview;
    if (answer.kind === "progress") progress((done += answer.bytes));
  };
  await run({ kind: "inspect", files, rules }, hear, stop);
  if (preview === undefined) throw new Error(FAILED);
  return preview;
}

function asFile({ blob, line }: Cleaned): File | undefined {
  return blob && new File([blob], line.written.split("/").at(-1)!);
}

/** Clean what was chosen under a subject's code; what cannot be cleaned has a line and no file. */
export async function cleanFiles(
  files: readonly ChosenFile[],
  site: SiteRules,
  subject: string,
  progress: Progress,
): Promise<CleanedStudy> {
  const study: { files: HashedFile[]; lines: ReceiptLine[] } = { files: [], lines: [] };
  let done = 0;
  const hear = (answer: WorkerAnswer): void => {
    if (answer.kind === "progress") progress((done += answer.bytes));
    if (answer.kind !== "cleaned") return;
    const { line, sha256 } = answer.cleaned;
    const file = asFile(answer.cleaned);
    study.lines.push(line);
    if (file) study.files.push({ path: line.written, file, sha256 });
  };
  await run({ kind: "clean", files, rules: site.rules, key: site.key, subject }, hear);
  return study;
}
