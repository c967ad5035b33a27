import { relative } from 'node:path';
import type { Allowed } from '../../../core/scan/allow/allow-list.ts';
import { isCertain } from '../../../core/scan/allow/comment.ts';
import { EdgesealError } from '../../../core/errors.ts';
import { addKnown, openKnown } from '../../../core/scan/known/local-files.ts';
import type { KnownPlace } from '../../../core/scan/known/local-files.ts';
import { writeFileAtomic } from '../../files.ts';
import { exitCodes } from '../../terminal/exit-code.ts';
import type { Io } from '../../terminal/io.ts';
import { Output } from '../../terminal/output.ts';
import { plainText } from '../../terminal/plain-text.ts';
import { quoted } from '../../terminal/shell-word.ts';
import type { PlacedFinding } from '../finding.ts';
import type { ListFile } from './lists.ts';

/** What `--allow` takes: a place as a report prints it. */
export interface WantedPlace {
  file: string;
  line: number;
  column: number | undefined;
}

/** @throws EdgesealError `input-usage` for what is no place */
export function wantedPlace(text: string): WantedPlace {
  const [, file, line, column] = /^(.+?):(\d+)(?::(\d+))?$/s.exec(text) ?? [];
  if (file !== undefined)
    return { file, line: Number(line), column: column === undefined ? undefined : Number(column) };
  throw new EdgesealError('input-usage', `${text} is no place of a finding`, {
    field: '--allow',
    hint: 'name it as the report does: edgeseal scan --allow FILE:LINE --reason TEXT',
  });
}

/**
 * Puts the values of some findings on the allow list; a value that is sealed here is struck off what is known in this clone
 * instead, for a hash of it has no place in a file that others read.
 *
 * @param reason why, for whoever reviews the list
 */
export async function allowFindings(
  io: Io,
  findings: readonly PlacedFinding[],
  wanted: readonly string[],
  reason: string | undefined,
  list: ListFile,
  known: KnownPlace | undefined,
): Promise<number> {
  if (reason === undefined || reason.trim() === '') {
    throw new EdgesealError('input-usage', 'a value is allowed for a reason', {
      field: '--reason',
      hint: `edgeseal scan --allow ${quoted(wanted[0] ?? 'FILE:LINE')} --reason 'an example of the documentation'`,
    });
  }
  const chosen = wanted.flatMap((text) => at(findings, text));
  const forgotten = chosen.filter(({ rule }) => rule === 'known-value');
  const output = new Output(io);
  if (forgotten.length > 0 && known !== undefined) {
    const { key } = await openKnown(known);
    const values = forgotten.flatMap(({ digest = '' }) => digest.split(':')[1] ?? []);
    await addKnown(known, key, { entries: [], forgotten: [...new Set(values)] });
    for (const { message } of forgotten)
      output.line(`not looked for in this clone any more: ${plainText(message)}`);
  }
  const listed = chosen.filter(({ rule }) => rule !== 'known-value');
  if (listed.length === 0) return exitCodes.ok;
  await addTo(list, listed, reason.trim());
  await writeFileAtomic(list.path, list.list.format());
  for (const { file, line, column, rule } of listed)
    output.line(`allowed: ${plainText(file)}:${line}:${column} ${rule}`);
  const path = relative(io.cwd, list.path);
  output.note(`next: git add ${quoted(path)} && git commit`);
  return exitCodes.ok;
}

/**
 * Writes a baseline anew: everything that was found, and nothing that was not, so that what is no longer needed is gone.
 *
 * @param reason has to be given where something is secret by what it is: a plaintext Secret, a private key
 */
export async function writeBaseline(
  io: Io,
  findings: readonly PlacedFinding[],
  reason: string | undefined,
  baseline: ListFile,
): Promise<number> {
  // What is sealed leaves no hash in a file that others read.
  const ours = findings.filter(({ rule }) => rule !== 'known-value');
  const certain = ours.filter(({ rule }) => isCertain(rule));
  const [first] = certain;
  if (first !== undefined && (reason === undefined || reason.trim() === '')) {
    const where = `${plainText(first.file)}:${first.line}`;
    throw new EdgesealError(
      'input-usage',
      `${certain.length} of the findings are secret by what they are (${first.rule} at ${where}): a baseline takes these with a reason only`,
      {
        field: '--reason',
        hint: 'seal them first, with edgeseal seal; or say why they may stay: --reason TEXT',
      },
    );
  }
  const before = baseline.list.entries.splice(0).length;
  await addTo(baseline, ours, reason?.trim());
  await writeFileAtomic(baseline.path, baseline.list.format());
  const now = baseline.list.entries.length;
  const was = baseline.isThere ? `, where it had ${before}` : '';
  const output = new Output(io);
  output.note(`${relative(io.cwd, baseline.path)}: ${now} ${now === 1 ? 'value' : 'values'}${was}`);
  if (ours.length < findings.length) {
    output.warn(
      'values that are sealed here were found, too: these go into no baseline',
      'see where: edgeseal scan; not look for one any more: edgeseal scan --allow FILE:LINE --reason TEXT',
    );
  }
  return exitCodes.ok;
}

async function addTo(
  { list }: ListFile,
  findings: readonly PlacedFinding[],
  reason: string | undefined,
): Promise<void> {
  const there = new Map(list.entries.map((entry) => [entry.hash, entry]));
  for (const finding of findings) {
    const hash = await list.hashOf(finding);
    const entry = there.get(hash);
    if (entry !== undefined) {
      if (reason !== undefined) entry.reason ??= reason;
      continue;
    }
    const { rule, file } = finding;
    const added: Allowed = { hash, rule, file, ...(reason === undefined ? {} : { reason }) };
    list.entries.push(added);
    there.set(hash, added);
  }
}

function at(findings: readonly PlacedFinding[], text: string): PlacedFinding[] {
  const { file, line, column } = wantedPlace(text);
  const there = findings.filter(
    (finding) =>
      finding.file === file &&
      finding.line === line &&
      (column === undefined || finding.column === column),
  );
  if (there.length > 0) return there;
  throw new EdgesealError(
    'input-not-found',
    `nothing that is not allowed yet is found at ${text}`,
    {
      hint: 'see what is found, and where, with: edgeseal scan',
    },
  );
}
