import { Progress } from '../terminal/progress.ts';
import type { Io } from '../terminal/io.ts';
import { readStdin } from '../terminal/prompt.ts';
import type { PlacedFinding } from './finding.ts';
import { commitsOf, historyFiles, stagedFiles, whoBrought } from './source/git.ts';
import type { Revisions } from './source/git.ts';
import type { ScanInput } from './source/input.ts';
import { treeFiles } from './source/tree.ts';
import { scanAll } from './work/scan-all.ts';
import type { ScanSettings } from './work/settings.ts';

/** What is looked at: paths, where nothing else is said. */
export interface Sought {
  paths: readonly string[];
  staged?: boolean;
  range?: string;
  history?: boolean;
}

/** What came of it. */
export interface Scanned {
  findings: PlacedFinding[];
  /** What was not looked at, and why. */
  unread: { path: string; why: string }[];
  /** How many files, or contents of files, there were. */
  files: number;
}

/** Before it is known which commits brought it. */
interface Raw extends Scanned {
  findings: (PlacedFinding & { oid?: string })[];
}

const stdinName = '-';
const maxStdinBytes = 256 * 1024 * 1024;

/** Looks at everything that is sought. */
export async function scanSought(io: Io, settings: ScanSettings, sought: Sought): Promise<Scanned> {
  const { staged, range, history, paths } = sought;
  if (range !== undefined || history === true) {
    return await scanHistory(io, settings, { commits: await commitsOf(io, range), paths });
  }
  if (staged === true) {
    const { total, inputs } = await stagedFiles(io, paths);
    return await scanInputs(io, settings, inputs, total);
  }
  const files = paths.filter((path) => path !== stdinName);
  const typed = paths.length > files.length ? [await stdinInput(io)] : [];
  const inputs = [...typed, ...(await treeFiles(io, paths.length === 0 ? ['.'] : files))];
  return await scanInputs(io, settings, inputs, inputs.length);
}

async function scanHistory(io: Io, settings: ScanSettings, revisions: Revisions): Promise<Scanned> {
  let commits = 0;
  const { total, inputs } = await historyFiles(io, revisions, () => (commits += 1));
  const scanned = await scanInputs(io, settings, inputs, total, () => commits);
  const oids = new Set(scanned.findings.flatMap(({ oid }) => oid ?? []));
  const brought = await whoBrought(io, revisions, oids);
  const findings = scanned.findings.map(({ oid = '', ...finding }) => {
    const by = brought.get(oid) ?? [];
    const [first] = by;
    if (first === undefined) return finding;
    const { commit, author, date } = first;
    return { ...finding, commit, author, date, commits: by.length };
  });
  return { ...scanned, findings };
}

async function scanInputs(
  io: Io,
  settings: ScanSettings,
  inputs: Iterable<ScanInput> | AsyncIterable<ScanInput>,
  total: number,
  steps?: () => number,
): Promise<Raw> {
  const progress = new Progress(io, 'scanned');
  const findings: Raw['findings'] = [];
  const unread: Scanned['unread'] = [];
  let files = 0;
  const onStep = (done: number): void => {
    files = done;
    progress.step(steps?.() ?? done, total);
  };
  try {
    for await (const { path, oid, findings: found, unread: why } of scanAll(
      settings,
      inputs,
      onStep,
    )) {
      if (why !== undefined) unread.push({ path, why });
      for (const finding of found)
        findings.push({ ...finding, file: path, ...(oid === undefined ? {} : { oid }) });
    }
  } finally {
    progress.end();
  }
  return { findings, unread, files };
}

async function stdinInput(io: Io): Promise<ScanInput> {
  const bytes = (await readStdin(io, maxStdinBytes)).reveal();
  return { path: stdinName, bytes, size: bytes.length };
}
