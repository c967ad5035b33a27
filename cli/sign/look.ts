import { EdgesealError } from '../../core/errors.ts';
import { auditSecret } from '../../core/repository/secret-audit.ts';
import { isVouched } from '../../core/secret/author.ts';
import { lastAccepted } from '../change/history.ts';
import type { PastVersion } from '../change/history.ts';
import { Hold } from '../past/hold.ts';
import type { OpenRepository } from '../repository.ts';
import type { Io } from '../terminal/io.ts';
import { Progress } from '../terminal/progress.ts';
import { againstBase, isRefused, lookAt } from './candidate.ts';
import type { Candidate, Refused } from './candidate.ts';
import type { Countersigner } from './countersign.ts';
import { summarize } from './summary.ts';
import type { Summary } from './summary.ts';

/** What somebody who is asked to sign is shown. */
export interface Shown {
  candidate: Candidate;
  summary: Summary;
}

/** Files looked at together. */
const together = 32;

/**
 * Looks at sealed files as the one who is asked to vouch for them, by the root in force of `repository`.
 *
 * @param files paths of the working tree
 */
export async function lookAtAll(
  io: Io,
  repository: OpenRepository,
  files: readonly string[],
): Promise<{ candidates: Candidate[]; refused: Refused[]; inOrder: number }> {
  const { state } = repository;
  const progress = new Progress(io, 'looked at');
  const candidates: Candidate[] = [];
  const refused: Refused[] = [];
  let inOrder = 0;
  const hold = await Hold.open({ io, place: repository, state, files, commit: undefined });
  try {
    for (let start = 0; start < files.length; start += together) {
      const batch = files.slice(start, start + together);
      const audited = await Promise.all(batch.map((file) => auditSecret(state, file)));
      await hold.check(audited, { floors: false });
      for (const looked of audited.map((one) => lookAt(state, one))) {
        if (looked === undefined) inOrder += 1;
        else if (isRefused(looked)) refused.push(looked);
        else candidates.push(looked);
      }
      progress.step(Math.min(start + together, files.length), files.length);
    }
  } finally {
    hold.close();
  }
  progress.end();
  return { candidates, refused, inOrder };
}

/**
 * Compares what the signer may sign with the last version that an author stands for.
 *
 * @param refused gets what the signer may not sign
 * @param otherwise where no author stands for any: `head` compares with HEAD's, `new` shows all there is
 */
export async function compareAll(
  io: Io,
  repository: OpenRepository,
  signer: Pick<Countersigner, 'author' | 'mayWrite'>,
  candidates: readonly Candidate[],
  refused: Refused[],
  otherwise: 'head' | 'new',
): Promise<Shown[]> {
  const { state } = repository;
  const mine = candidates.filter((c) => signer.mayWrite(c.namespace));
  for (const candidate of candidates)
    if (!mine.includes(candidate)) refused.push(notEntitled(candidate, signer));
  const files = mine.map(({ file }) => file);
  const signed = await lastAccepted(io, repository, files, (secret) =>
    isVouched(secret, state.root),
  );
  const others = otherwise === 'new' ? [] : files.filter((file) => !signed.has(file));
  const heads =
    others.length === 0
      ? new Map<string, PastVersion>()
      : await lastAccepted(io, repository, others, () => true);
  const shown: Shown[] = [];
  for (const candidate of mine) {
    const base = signed.get(candidate.file);
    const stands = againstBase(candidate, base, state.root.spec.repository);
    if (stands !== undefined) refused.push(stands);
    else {
      const summary = summarize(state, candidate, base, heads.get(candidate.file));
      shown.push({ candidate, summary });
    }
  }
  return shown;
}

function notEntitled(
  { file, namespace, name }: Candidate,
  { author }: Pick<Countersigner, 'author'>,
): Refused {
  const error = new EdgesealError(
    'trust-author',
    `${author} may not write to namespace ${namespace}`,
    { file, hint: `an author of ${namespace} signs it: edgeseal sign ${namespace}/${name}` },
  );
  return { file, namespace, name, errors: [error] };
}
