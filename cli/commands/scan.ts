import { EdgesealError } from '../../core/errors.ts';
import { printReport } from '../scan/output/report.ts';
import type { Format } from '../scan/output/report.ts';
import { printRule, printRules } from '../scan/rules/explain.ts';
import { knownHere } from '../known/place.ts';
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
}

/** `edgeseal scan [PATH...]`: looks for secrets; shows where they are, and never what they are. */
export async function run(io: Io, paths: string[], options: Options): Promise<number> {
  const output = new Output(io);
  if (options.explain !== undefined) return await printRule(output, options.explain);
  if (options.rules === true) return await printRules(output);
  requireOneSource(paths, options);
  if (options.cluster === true) return await (await import('./scan-cluster.ts')).run(io, options);
  const known = await knownHere(io);
  const { findings, unread, files } = await scanSought(io, { known }, { ...options, paths });
  for (const { path, why } of unread) output.warn(`${plainText(path)} was not looked at: ${why}`);
  await printReport(output, options.output ?? 'text', findings, files);
  if (findings.length > 0) return exitCodes.findings;
  return unread.length > 0 ? exitCodes.store : exitCodes.ok;
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
