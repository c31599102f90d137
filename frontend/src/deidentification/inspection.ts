/** A first look at what was chosen, headers only: what will be sent, and whether it is the protocol. */

import { FactsCollector, headersOf, type AcquisitionFacts } from "./acquisition_facts";
import { CannotBeCleaned, textOf } from "./cleaning";
import { patientIdOf, read, refuseWhatMayShowNames } from "./dicom_file";
import { isDicom } from "./dicom_reader";
import { isNiftiName } from "./nifti";
import { compileRules, type Rules, type RuleTable } from "./rules";
import { filesIn, refusal, type ReceiptLine } from "./source";

/** What the first look found; nothing of it names the patient, apart from the refused files' names. */
export interface Preview {
  readonly facts: AcquisitionFacts | null;
  readonly images: number;
  readonly patients: number;
  readonly studies: number;
  readonly refused: readonly ReceiptLine[];
}

const [MODALITY, STUDY] = [0x00080060, 0x0020000d];
const START_BYTES = 512 * 1024;

export class Inspector {
  private readonly rules: Rules;
  private readonly collector = new FactsCollector();
  private readonly patients = new Set<string>();
  private readonly studies = new Set<string>();
  private readonly refused: ReceiptLine[] = [];
  private images = 0;
  private hasDicom = false;

  constructor(table: RuleTable) {
    this.rules = compileRules(table);
  }

  async add(name: string, file: Blob): Promise<void> {
    try {
      for (const member of await filesIn(name, file)) {
        await this.one(member.name, () => member.bytes(), member.file);
      }
    } catch (error) {
      this.refused.push(refusal(name, error).line);
    }
  }

  private async one(name: string, bytes: () => Promise<Uint8Array>, file?: Blob): Promise<void> {
    try {
      const start = file ? new Uint8Array(await file.slice(0, START_BYTES).arrayBuffer()) : await bytes();
      if (isDicom(start)) this.dicom(await this.header(start, bytes, file));
      else if (!isNiftiName(name) && !/\.json$/i.test(name)) {
        throw new CannotBeCleaned("It is not a DICOM or NIfTI image.", "not-an-image");
      }
      this.images += 1;
    } catch (error) {
      this.refused.push(refusal(name, error).line);
    }
  }

  /** Most headers end within the first part; where they do not, the whole file is read. */
  private async header(start: Uint8Array, bytes: () => Promise<Uint8Array>, file?: Blob): Promise<ReturnType<typeof read>> {
    const isWhole = file === undefined || file.size <= START_BYTES;
    if (isWhole) return read(start, this.rules);
    try {
      return read(start, this.rules, true);
    } catch (error) {
      if (error instanceof CannotBeCleaned && error.code === "damaged") return read(await bytes(), this.rules);
      throw error;
    }
  }

  private dicom(file: ReturnType<typeof read>): void {
    refuseWhatMayShowNames(file, this.rules);
    this.hasDicom = true;
    this.patients.add(patientIdOf(file));
    if (textOf(file, file.dataset, MODALITY) === "MR") this.studies.add(textOf(file, file.dataset, STUDY));
    this.collector.add(headersOf(file));
  }

  get preview(): Preview {
    return {
      facts: this.hasDicom ? this.collector.facts : null,
      images: this.images,
      patients: this.patients.size,
      studies: this.studies.size,
      refused: this.refused,
    };
  }
}
