import { EdgesealError } from '../../core/errors.ts';
import { isEdgesealError } from '../../core/errors.ts';
import { secretPath } from '../../core/format/names.ts';
import { assignedRegions } from '../../core/policy/distribution.ts';
import type { Assignment } from '../../core/policy/distribution.ts';
import { recipientsFor } from '../../core/repository/recipients.ts';
import type { SealRecipient } from '../../core/secret/envelope.ts';
import { createSecret } from '../../core/secret/change.ts';
import { requireSize } from '../../core/secret/unseal.ts';
import { KnownRecorder } from '../known/recorder.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { OpenRepository } from '../repository.ts';
import type { SecretRef } from '../secret-ref.ts';
import { findCurrent } from './current.ts';
import { finishChanges } from './finish.ts';
import type { Change, FinishOptions } from './finish.ts';
import { lastVersions } from './history.ts';
import type { InputSecret } from './manifests.ts';
import { planRegions } from './region-plan.ts';
import { plural } from './words.ts';

export interface SealOptions extends FinishOptions {
  namespace?: string;
  /** Regions to assign; without it the policy decides. */
  regions?: string[];
}

/** One secret, with everything that can go wrong before sealing gone right. */
interface Plan {
  ref: SecretRef;
  plain: InputSecret;
  assignment: Assignment;
  recipients: SealRecipient[];
  version: number;
}

/**
 * Seals plaintext Secrets, each as a whole: every value of a secret that is there already is replaced. All are checked
 * before the first is sealed, and all are written or none.
 *
 * @param replaced sealed files' places where plaintext lies that may be written over
 */
export async function sealAll(
  io: Io,
  repository: OpenRepository,
  secrets: readonly InputSecret[],
  options: SealOptions,
  replaced: ReadonlySet<string> = new Set(),
): Promise<number> {
  const refs = secrets.map(refOf);
  const past = lastVersions(
    io,
    repository,
    refs.map(({ file }) => file),
  );
  // Awaited below; an earlier error comes first.
  past.catch(() => undefined);
  const { state, changes, notes } =
    options.regions === undefined
      ? { state: repository.state, changes: [], notes: [] }
      : await planRegions(repository.state, refs, options.regions);
  const output = new Output(io);
  const plans: Plan[] = [];
  const recipients = new Map<string, SealRecipient[]>();
  for (const [index, ref] of refs.entries()) {
    const plain = secrets[index];
    if (plain === undefined) continue;
    const { namespace, name } = ref;
    try {
      requireSize(plain.items);
      const assignment = assignedRegions(
        state.policy,
        state.repository.spec.defaultRegions,
        namespace,
        name,
      );
      const key = assignment.regions.join();
      const known = recipients.get(key) ?? (await recipientsFor(state, assignment.regions));
      recipients.set(key, known);
      const current = replaced.has(ref.file) ? undefined : await findCurrent(state, ref);
      const version = (current?.secret.spec.version ?? 0) + 1;
      plans.push({ ref, plain, assignment, recipients: known, version });
    } catch (error) {
      throw placed(error, plain);
    }
  }
  const floors = await past;
  for (const plan of plans)
    plan.version = Math.max(plan.version, (floors.get(plan.ref.file) ?? 0) + 1);
  for (const note of notes) output.note(note);
  const recorder = await KnownRecorder.open(io, repository);
  const code = await finishChanges(
    io,
    { ...repository, state },
    sealed(repository, plans, recorder),
    plans.length,
    options,
    changes,
  );
  await recorder.save();
  return code;
}

async function* sealed(
  repository: OpenRepository,
  plans: readonly Plan[],
  recorder: KnownRecorder,
): AsyncGenerator<Change> {
  for (const { ref, plain, assignment, recipients, version } of plans) {
    const { namespace, name } = ref;
    const { template } = plain;
    const identity = { repository: repository.state.repository.spec.id, namespace, name, template };
    const secret = await createSecret(identity, version, recipients, plain.items);
    recorder.note(ref, plain.items);
    for (const value of plain.items.values()) value.wipe();
    const items = [...plain.items.keys()].sort();
    yield {
      ref,
      action: 'sealed',
      summary: `sealed version ${version} for ${assignment.regions.join(', ')} (${assignment.by}), ${plural(items.length, 'item')}`,
      secret,
      regions: assignment.regions,
      items,
      maySign: true,
    };
  }
}

function refOf({ namespace, name }: InputSecret): SecretRef {
  return { namespace, name, file: secretPath(namespace, name) };
}

/** Which of many Secrets it was, where the error itself points nowhere. */
function placed(error: unknown, { namespace, name, file, line }: InputSecret): unknown {
  if (!isEdgesealError(error)) return error;
  if (error.file !== undefined) return error;
  const message = error.message.includes(`${namespace}/${name}`)
    ? error.message
    : `${namespace}/${name}: ${error.message}`;
  const { code, field, cause } = error;
  const hint =
    error.hint ?? (code === 'input-too-large' ? 'make several Secrets of it' : undefined);
  return new EdgesealError(code, message, { file, line, field, hint, cause });
}
