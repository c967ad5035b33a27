import { parseSecretPath } from '../../core/format/names.ts';
import { exposureWarnings } from '../../core/repository/exposure.ts';
import { auditRepository } from '../../core/repository/repository-audit.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { auditSecret, secretFiles } from '../../core/repository/secret-audit.ts';
import type { Finding } from '../../core/repository/secret-audit.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import { commitId } from '../git/commit-id.ts';
import { commitView } from '../git/commit-view.ts';
import { gitAnswer } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import { Output, describeError, errorJson } from '../terminal/output.ts';
import { Progress } from '../terminal/progress.ts';
import { Hold } from '../past/hold.ts';
import { findRepository, openRepository, openView } from '../repository.ts';
import type { Place } from '../repository.ts';
import { openKeys } from '../verify/open-keys.ts';
import { namedFiles } from '../sealed-file.ts';
import { EdgesealError } from '../../core/errors.ts';

interface Options {
  key?: string[];
  commit?: string;
  output?: 'text' | 'json';
}

interface Verified {
  namespace: string;
  name: string;
  file: string;
  version: number | undefined;
  authors: string[];
  ok: boolean;
}

/** Reads this many files at once: a commit's come through one pipe, which then never waits for us. */
const together = 32;

/** Checks everything that needs no private key; with one, also that what is wrapped for it opens. */
export async function run(io: Io, args: string[], options: Options): Promise<number> {
  if (options.commit === undefined) {
    const repository = await openRepository(io);
    return await verify(io, repository, repository.state, args, options, undefined);
  }
  const place = await findRepository(io);
  const commit = await commitId(io, options.commit, place.top);
  const view = await commitView(io, place.top, commit, place.prefix);
  try {
    return await verify(io, place, await openView(io, place, view), args, options, commit);
  } finally {
    view.close();
  }
}

async function verify(
  io: Io,
  place: Place,
  state: RepositoryState,
  names: string[],
  options: Options,
  commit: string | undefined,
): Promise<number> {
  const files = await namedFiles(io, place, state.view, names);
  const progress = new Progress(io, 'verified');
  const secrets: Verified[] = [];
  const findings: Finding[] = [];
  const keys = await openKeys(io, state, options.key);
  const hold = await Hold.open({ io, place, state, files, commit });
  try {
    for (let start = 0; start < files.length; start += together) {
      const batch = files.slice(start, start + together);
      const audited = await Promise.all(batch.map((file) => auditSecret(state, file)));
      await hold.check(audited);
      await keys?.check(audited);
      for (const { namespace, name, file, secret, authors, findings: found } of audited) {
        findings.push(...found);
        for (const error of secret === undefined ? [] : exposureWarnings(state, secret))
          findings.push({ level: 'warning', error: error.at({ file }) });
        const ok = !found.some(({ level }) => level === 'error');
        secrets.push({ namespace, name, file, version: secret?.spec.version, authors, ok });
      }
      progress.step(Math.min(start + together, files.length), files.length);
    }
  } finally {
    hold.close();
  }
  progress.end();
  findings.push(...(keys?.findings() ?? []), ...(await cutOff(io, place)));
  const all = names.length === 0 ? files : await secretFiles(state);
  findings.push(...(await auditRepository(state, places(all))));
  const ok = !findings.some(({ level }) => level === 'error');
  if (options.output === 'json') {
    const json = findings.map(({ level, error }) => ({ level, ...errorJson(error) }));
    new Output(io).json({
      view: state.view.name,
      root: state.root.number,
      secrets,
      findings: json,
      ...(keys === undefined ? {} : { opened: keys.opened }),
      ok,
    });
  } else print(io, state, secrets, findings, keys?.words());
  return ok ? exitCodes.ok : exitCodes.findings;
}

function places(files: readonly string[]): { namespace: string; name: string }[] {
  return files.flatMap((file) => parseSecretPath(file) ?? []);
}

function print(
  io: Io,
  state: RepositoryState,
  secrets: Verified[],
  findings: Finding[],
  opened: string | undefined,
): void {
  const output = new Output(io);
  const label = {
    error: output.paint('red', 'error  '),
    warning: output.paint('yellow', 'warning'),
  };
  for (const level of ['error', 'warning'] as const) {
    for (const { error } of findings.filter((finding) => finding.level === level)) {
      output.line(`${label[level]}  ${describeError(error)}`);
      if (error.hint !== undefined) output.line(`         ${output.paint('dim', error.hint)}`);
    }
  }
  if (opened !== undefined) output.line(opened);
  const bad = secrets.filter((secret) => !secret.ok).length;
  const errors = findings.filter(({ level }) => level === 'error').length;
  const warnings = findings.length - errors;
  const counted = [
    `${secrets.length - bad} of ${count(secrets.length, 'sealed secret')} in order`,
    ...(errors > 0 ? [count(errors, 'error')] : []),
    ...(warnings > 0 ? [count(warnings, 'warning')] : []),
  ].join(', ');
  const verdict = errors === 0 ? output.paint('green', 'ok') : output.paint('red', 'not in order');
  output.line(`${verdict}: ${counted} (${state.view.name}, trust root ${state.root.number})`);
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** A clone without its history, as CI likes them, does not have what files are held against. */
async function cutOff(io: Io, { top }: Place): Promise<Finding[]> {
  const answer = await gitAnswer(io, ['rev-parse', '--is-shallow-repository'], { cwd: top });
  if (answer !== 'true') return [];
  const message =
    'history is cut off in this clone: changes before its begin, and older versions, are not noticed';
  const error = new EdgesealError('git-repository', message, { hint: 'git fetch --unshallow' });
  return [{ level: 'warning', error }];
}
