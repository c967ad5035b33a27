import { dirname, join, resolve } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import type { OwnRules } from '../../core/scan/own/gitleaks-config.ts';
import { readIfThere } from '../files.ts';
import { gitAnswer } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';

const usualFile = '.gitleaks.toml';

/**
 * The rules that a repository has of its own: `--config`, or `.gitleaks.toml` at its top; of what is staged, the staged one.
 *
 * @throws EdgesealError `input-not-found`, `format-schema` for what of them cannot be read
 */
export async function ownRulesHere(
  io: Io,
  top: string,
  { config, staged }: { config?: string; staged?: boolean },
): Promise<OwnRules | undefined> {
  const file = config === undefined ? join(top, usualFile) : resolve(io.cwd, config);
  const isStaged = config === undefined && staged === true;
  const text = isStaged
    ? await gitAnswer(io, ['show', `:./${usualFile}`], { cwd: top })
    : await readIfThere(file);
  if (text === undefined) {
    if (config === undefined) return undefined;
    throw new EdgesealError('input-not-found', 'there is no such file', { file: config });
  }
  const { readGitleaks } = await import('../../core/scan/own/gitleaks-config.ts');
  const read = (path: string): Promise<string | undefined> =>
    readIfThere(resolve(dirname(file), path));
  return await readGitleaks(text, config ?? usualFile, read);
}
