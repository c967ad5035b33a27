import { makeRoot, root1, spec1 } from './channel.ts';
import {
  bootstrapToken,
  firstVersion,
  serviceAccountToken,
  signed,
  westOnly,
} from './signed-secret.ts';
import { accepted, credentials, root2 } from './snapshot-accepted.ts';
import { refused } from './snapshot-refused.ts';
import { secret } from './snapshot-secret.ts';
import type { SnapshotCase } from './snapshot.ts';

const mark = { root: 1, sequence: 7, sha256: 'e'.repeat(64) };
const another = 'd'.repeat(64);
const foreign = makeRoot({ ...spec1, repository: '6f1d1c5e-0000-4000-8000-000000000002' });

/** What nothing else of the format would catch. */
export const strictCases: Record<string, SnapshotCase> = {
  'pass-root-2-next-sequence': accepted(
    'the next sequence under a higher root: previous is not compared across roots',
    { roots: [root1, root2], sequence: 8, previous: another },
    { root: 2 },
    { mark },
  ),
  'pass-root-2-begins-anew': accepted(
    'sequence 1 under a higher root: a history that begins anew',
    { roots: [root1, root2] },
    { root: 2 },
    { mark },
  ),
  'repository-of-root-other': refused(
    'the snapshot names the known repository, the root held is of another one',
    'snapshot',
    { roots: [foreign] },
    { held: foreign },
  ),
  'sequence-1-after-another': refused('the first snapshot follows nothing', 'snapshot', {
    previous: another,
  }),
  'sequence-2-after-nothing': refused('only the first snapshot follows nothing', 'snapshot', {
    sequence: 2,
  }),
  'sequence-9-after-nothing': refused(
    'sequences skipped, and previous is null',
    'snapshot',
    { sequence: 9 },
    { mark },
  ),
  'type-service-account-token': secret(
    'a service-account token, sealed and signed',
    'type',
    signed(serviceAccountToken),
  ),
  'type-bootstrap-token': secret(
    'a bootstrap token, sealed and signed',
    'type',
    signed(bootstrapToken),
  ),
  'type-before-author': secret(
    'a service-account token that nobody signed: who signed comes first',
    'author',
    serviceAccountToken,
  ),
  'secret-not-for-region': secret(
    'a listed secret that names the region nowhere',
    'elided',
    signed(westOnly),
  ),
  'floor-above-every-version': secret(
    'deleted at version 2^53 - 1: its floor is 2^53, and nothing comes back',
    'floor',
    signed(firstVersion),
    { floors: { [credentials]: { version: Number.MAX_SAFE_INTEGER + 1 } } },
  ),
};
