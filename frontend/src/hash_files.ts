import HashWorker from "./hash_worker?worker";
import type { HashAnswer } from "./hash_worker";
import type { ChosenFile, HashedFile } from "./manifest";

/** Hash the files one after the other in a worker; `progress` hears how many bytes are done. */
export async function hashFiles(
  files: readonly ChosenFile[],
  progress: (bytesDone: number) => void,
): Promise<HashedFile[]> {
  const worker = new HashWorker();
  const ask = (id: number, file: File): Promise<string> =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<HashAnswer>) =>
        "sha256" in data ? resolve(data.sha256) : reject(new Error(data.problem));
      worker.postMessage({ id, file });
    });
  try {
    const hashed: HashedFile[] = [];
    let done = 0;
    for (const [id, each] of files.entries()) {
      const sha256 = await ask(id, each.file).catch((cause: unknown) => {
        throw new Error(`${each.path} cannot be read. Choose the folder again.`, { cause });
      });
      hashed.push({ ...each, sha256 });
      done += each.file.size;
      progress(done);
    }
    return hashed;
  } finally {
    worker.terminate();
  }
}
