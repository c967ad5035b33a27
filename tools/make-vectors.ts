/**
 * Makes test/vectors/: files with an expected outcome, for this implementation and for others. Existing cases stay
 * as they are (sealing draws randomness); new ones are added; `--force` makes all anew.
 *
 *     npx node tools/make-vectors.ts
 */
import { loadSodium } from '../core/crypto/sodium.ts';
import { makeEncodingVectors } from './vectors/encoding.ts';
import { makeIntermediateVectors } from './vectors/intermediate.ts';
import { makeSnapshotVectors } from './vectors/snapshot.ts';
import { makeSshsigVectors } from './vectors/sshsig.ts';
import { makeStatementVectors } from './vectors/statement.ts';
import { makeUnsealVectors } from './vectors/unseal.ts';

await loadSodium();
makeEncodingVectors();
makeSshsigVectors();
await makeUnsealVectors();
makeIntermediateVectors();
await makeStatementVectors();
makeSnapshotVectors();
