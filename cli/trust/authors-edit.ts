import { EdgesealError } from '../../core/errors.ts';
import { nearName } from '../../core/format/near-name.ts';
import type { TrustRootSpec } from '../../core/format/trust-root.ts';
import { plainText } from '../terminal/plain-text.ts';

type Author = TrustRootSpec['authors'][number];

/** @throws EdgesealError `input-usage` where there is no author of that name */
export function requireAuthorNamed({ authors }: TrustRootSpec, name: string): Author {
  const found = authors.find((author) => author.name === name);
  if (found !== undefined) return found;
  const names = authors.map((author) => author.name);
  const near = nearName(name, names);
  throw new EdgesealError('input-usage', `there is no author ${plainText(name)}`, {
    hint: `${near === undefined ? '' : `did you mean ${plainText(near)}? `}authors: ${names.map(plainText).join(', ')}`,
  });
}

/** @throws EdgesealError `input-usage` for what is no glob over namespaces */
export function checkGlobs(globs: readonly string[]): void {
  for (const glob of globs) {
    if (/^[-a-z0-9*?]{1,253}$/.test(glob)) continue;
    throw new EdgesealError(
      'input-usage',
      '--namespaces takes namespaces, in which * and ? stand for other characters',
      { hint: 'such as: --namespaces staging,team-*' },
    );
  }
}
