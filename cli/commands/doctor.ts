import { checkLeaks } from '../doctor/leaks.ts';
import type { Check } from '../doctor/check.ts';
import { failed, warn } from '../doctor/check.ts';
import { checkRemote } from '../doctor/remote.ts';
import { checkContent, checkDrivers, checkHooks, checkRepository } from '../doctor/repository.ts';
import { checkSigning } from '../doctor/signing.ts';
import { checkTools } from '../doctor/tools.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';

/** `edgeseal doctor`: looks at everything that a set-up needs; each line that is not ok says what mends it. */
export async function run(io: Io, _args: string[], options: { output?: string }): Promise<number> {
  const output = new Output(io);
  const checks = await allChecks(io);
  const count = (level: Check['level']): number => checks.filter((c) => c.level === level).length;
  const failures = count('fail');
  if (options.output === 'json') {
    output.json({ ok: failures === 0, checks });
  } else {
    print(output, checks);
    output.line();
    output.line(
      failures === 0 && count('warn') === 0
        ? 'all is well'
        : `${failures} to mend, ${count('warn')} to know of`,
    );
  }
  return failures === 0 ? exitCodes.ok : exitCodes.findings;
}

async function allChecks(io: Io): Promise<Check[]> {
  const checks = await checkTools(io);
  if (checks.some((check) => check.name === 'git' && check.level === 'fail')) return checks;
  const { checks: found, place, open } = await checkRepository(io);
  checks.push(...found);
  if (place === undefined) return checks;
  const more: [string, () => Promise<Check[]>][] = [
    ['hooks', () => checkHooks(io, place)],
    ['git drivers', async () => [await checkDrivers(io, place)]],
    ['private keys', () => checkLeaks(io, place.top)],
  ];
  if (open !== undefined) {
    more.push(
      ['signing key', () => checkSigning(io, open.state)],
      ['content', () => checkContent(open.state)],
      ['publish remote', async () => [await checkRemote(io, place.top, open.state)]],
    );
  }
  for (const [name, check] of more) {
    try {
      checks.push(...(await check()));
    } catch (error) {
      // One check that cannot be made must not hide what the others find.
      checks.push(failed(name, error));
    }
  }
  if (open === undefined) {
    checks.push(
      warn(
        'the rest',
        'signing key, regions, policy, secrets and publish remote were not looked at',
        'mend the above, then: edgeseal doctor',
      ),
    );
  }
  return checks;
}

function print(output: Output, checks: readonly Check[]): void {
  const marks = {
    ok: output.paint('green', 'ok  '),
    warn: output.paint('yellow', 'warn'),
    fail: output.paint('red', 'FAIL'),
  };
  for (const { name, level, message, mend } of checks) {
    output.line(`${marks[level]}  ${name}: ${message}`);
    if (mend !== undefined && level !== 'ok') output.line(`      ${output.paint('cyan', mend)}`);
  }
}
