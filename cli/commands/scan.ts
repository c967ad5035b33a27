import { EdgesealError } from '../../core/errors.ts';
import { allowFile } from '../../core/scan/allow/allow-list.ts';
import { allowFindings, wantedPlace, writeBaseline } from '../scan/allow/allow.ts';
import { openAllowed, openBaseline, sayUnneeded, topFolder } from '../scan/allow/lists.ts';
import { printReport } from '../scan/output/report.ts';
import type { Format } from '../scan/output/report.ts';
import { printRule, printRules } from '../scan/rules/explain.ts';
import { knownHere } from '../known/place.ts';
import { ownRulesHere } from '../scan/own-rules.ts';
import { scanSought } from '../scan/run.ts';
import type { Io } from '../terminal/io.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import { Output } from '../terminal/output.ts';
import type { ClusterScanOptions } from './scan-cluster.ts';
import { plainText } from '../terminal/plain-text.ts';

interface Options extends Omit<ClusterScanOptions, 'output'> {
  cluster?: boolean;
  staged?: boolean;
  range?: string;
  history?: boolean;
  output?: Format;
  rules?: boolean;
  explain?: string;
  allow?: string[];
  reason?: string;
  config?: string;
  baseline?: string;
  writeBaseline?: string;
}

/** `edgeseal scan [PATH...]`: looks for secrets; shows where they are, and never what they are. */
export async function run(io: Io, paths: string[], options: Options): Promise<number> {
  const output = new Output(io);
  if (options.explain !== undefined) return await printRule(output, options.explain);
  if (options.rules === true) return await printRules(output);
  requireOneSource(paths, options);
  if (options.cluster === true) return await (await import('./scan-cluster.ts')).run(io, options);
  const { allow, baseline, writeBaseline: written } = options;
  if (allow !== undefined && written !== undefined)
    throw new EdgesealError('input-usage', '--allow and --write-baseline do not go together');
  const top = await topFolder(io);
  const known = await knownHere(io);
  const settings = { known, own: await ownRulesHere(io, top, options) };
  const isGiven =
    paths.length > 0 ||
    options.staged === true ||
    options.history === true ||
    options.range !== undefined;
  const named = isGiven ? paths : (allow ?? []).map((place) => wantedPlace(place).file);
  const scanned = await scanSought(io, settings, { ...options, paths: named });
  for (const { path, why } of scanned.unread)
    output.warn(`${plainText(path)} was not looked at to the end: ${why}`);
  const allowed = await openAllowed(io, top, options.staged === true);
  const old = baseline === undefined ? undefined : await openBaseline(io, baseline, false);
  const open = await allowed.list.filter(scanned.findings);
  if (allow !== undefined)
    return await allowFindings(io, open, allow, options.reason, allowed, known);
  const findings = old === undefined ? open : await old.list.filter(open);
  if (written !== undefined) {
    const target = await openBaseline(io, written, true);
    return await writeBaseline(io, findings, options.reason, target);
  }
  await printReport(output, options.output ?? 'text', findings, scanned.files);
  if (!isGiven) sayUnneeded(io, allowed, allowFile, 'take them out of the file');
  if (old !== undefined)
    sayUnneeded(
      io,
      old,
      baseline ?? '',
      `drop them with: edgeseal scan --write-baseline ${baseline ?? ''}`,
    );
  if (findings.length > 0) return exitCodes.findings;
  return scanned.unread.length > 0 ? exitCodes.store : exitCodes.ok;
}

function requireOneSource(paths: readonly string[], options: Options): void {
  const { staged, range, history, cluster } = options;
  const named = [
    ...(cluster === true ? ['--cluster'] : []),
    ...(staged === true ? ['--staged'] : []),
    ...(range === undefined ? [] : ['--range']),
    ...(history === true ? ['--history'] : []),
  ];
  if (named.length > 0 && paths.includes('-')) named.push('-');
  if (cluster === true && paths.length > 0) named.push('paths');
  if (named.length < 2) return;
  throw new EdgesealError('input-usage', `${named.join(' and ')} do not go together`, {
    hint: 'run edgeseal scan once for each',
  });
}
