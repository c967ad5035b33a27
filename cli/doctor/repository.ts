import { isEdgesealError } from '../../core/errors.ts';
import type { Finding } from '../../core/repository/secret-audit.ts';
import { auditSecret, secretFiles } from '../../core/repository/secret-audit.ts';
import { readRepository } from '../../core/repository/repository-state.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { auditRepository } from '../../core/repository/repository-audit.ts';
import { worktreeView } from '../../core/repository/view.ts';
import { rootFingerprint } from '../../core/trust/root-chain.ts';
import type { Io } from '../terminal/io.ts';
import { describeError } from '../terminal/output.ts';
import { notAccepted, readPin } from '../trust/pin.ts';
import { findRepository, offeredRoots, openView } from '../repository.ts';
import type { OpenRepository, Place } from '../repository.ts';
import { attributesLine, driverState } from '../set-up/drivers.ts';
import { hookFile, hookLine, hookNames, hookState } from '../set-up/hook.ts';
import type { HookName } from '../set-up/hook.ts';
import { fail, failed, ok, warn } from './check.ts';
import type { Check } from './check.ts';
import { mendOf, partOf } from './mend.ts';

/**
 * Opens the repository as far as it goes, without asking anybody anything.
 *
 * @returns `place` and `open` as far as they could be had
 */
export async function checkRepository(
  io: Io,
): Promise<{ checks: Check[]; place?: Place; open?: OpenRepository }> {
  let place: Place;
  try {
    place = await findRepository(io);
  } catch (error) {
    return { checks: [failed('repository', error)] };
  }
  const view = worktreeView(place.root);
  const checks: Check[] = [];
  try {
    const { metadata, spec } = await readRepository(view);
    checks.push(ok('repository', `${metadata.name} (${spec.id}) in ${place.root}`));
    const pin = await readPin(io, place.top, spec.id);
    if (pin === undefined) {
      const { first, newest } = await offeredRoots(view);
      return { checks: [...checks, failed('trust', notAccepted(first, newest))], place };
    }
    const state = await openView(io, place, view);
    const { number, sha256 } = state.root;
    checks.push(
      pin.newest.number > number
        ? warn(
            'trust',
            `this branch stands on trust root ${number}, root ${pin.newest.number} was seen already`,
            'merge the newer main',
          )
        : ok('trust', `root ${number}, ${rootFingerprint(sha256).slice(0, 19)}...`),
    );
    return { checks, place, open: { ...place, state } };
  } catch (error) {
    if (!isEdgesealError(error)) throw error;
    const check = failed(partOf(error), error);
    return { checks: [...checks, { ...check, mend: await mendOf(io, place, error) }], place };
  }
}

/** Whether the hooks that refuse plaintext are there. */
export async function checkHooks(io: Io, place: Place): Promise<Check[]> {
  return await Promise.all(hookNames.map((name) => checkHook(io, place, name)));
}

async function checkHook(io: Io, { top, prefix }: Place, hook: HookName): Promise<Check> {
  const name = `${hook} hook`;
  const file = await hookFile(io, top, hook);
  const folder = prefix.replace(/\/$/, '');
  const install = `npm install${folder === '' ? '' : ` --prefix ${folder}`}   (in ${top})`;
  switch (await hookState(io, top, hook)) {
    case 'ours':
      return ok(name, file);
    case 'missing':
      return fail(name, 'there is none: nothing refuses plaintext', install);
    case 'not-executable':
      return fail(name, `${file} is not executable: Git passes over it`, `chmod +x ${file}`);
    case 'foreign':
      return fail(
        name,
        `${file} does not run edgeseal: nothing refuses plaintext`,
        `add this line to it: ${hookLine(prefix, hook)}`,
      );
  }
}

/** Whether Git shows and merges sealed files by item in this clone. Without that nothing is lost but convenience. */
export async function checkDrivers(io: Io, place: Place): Promise<Check> {
  const name = 'git drivers';
  const { configured, named } = await driverState(io, place);
  if (!named)
    return warn(
      name,
      'git diff shows sealed files as ciphertext, and git merge does not know how to merge them',
      `add this line to ${place.prefix}.gitattributes: ${attributesLine}`,
    );
  return configured
    ? ok(name, 'git diff and git merge know sealed files')
    : warn(name, 'this clone does not know the diff and merge drivers yet', 'edgeseal drivers');
}

/** Regions, keys, policy, and every sealed secret. */
export async function checkContent(state: RepositoryState): Promise<Check[]> {
  const checks: Check[] = [];
  const regions = [...state.regions.values()];
  const channels = regions.filter((region) => !region.recovery);
  if (channels.length > 0) {
    checks.push(ok('regions', channels.map((region) => region.name).join(', ')));
  } else if (!state.root.spec.regions.some((region) => region.role === 'region')) {
    const mend = 'edgeseal region add us-east --generate ~/edgeseal-keys';
    checks.push(warn('regions', 'there is no region yet', mend));
  }
  const withoutRecovery = state.root.spec.regions.filter(
    (region) => region.role === 'region' && region.recovery === undefined,
  );
  if (withoutRecovery.length > 0) {
    checks.push(
      warn(
        'recovery',
        `${withoutRecovery.map((region) => region.name).join(', ')}: no recovery recipient; secrets whose region keys are lost are lost`,
        'make one before the regions: edgeseal region add recovery --recovery --generate DIRECTORY',
      ),
    );
  } else if (regions.some((region) => region.recovery)) {
    checks.push(ok('recovery', 'every region has a recovery recipient'));
  }
  const audited = [];
  for (const file of await secretFiles(state)) {
    const { namespace, name, findings } = await auditSecret(state, file);
    audited.push({ namespace, name, findings });
  }
  for (const finding of await auditRepository(state, audited)) checks.push(asCheck(finding));
  checks.push(secretsCheck(audited));
  return checks;
}

function secretsCheck(audited: { findings: Finding[] }[]): Check {
  const name = 'secrets';
  const has = (level: Finding['level']): number =>
    audited.filter(({ findings }) => findings.some((f) => f.level === level)).length;
  const bad = has('error');
  const total = `${audited.length} sealed ${audited.length === 1 ? 'secret' : 'secrets'}`;
  if (bad > 0) return fail(name, `${bad} of ${total} would not be published`, 'edgeseal verify');
  const odd = has('warning');
  if (odd > 0) return warn(name, `${odd} of ${total} with a warning`, 'edgeseal verify');
  return ok(name, total);
}

function asCheck({ level, error }: Finding): Check {
  const name = error.code.startsWith('trust-') ? 'keys' : 'policy';
  const message = isEdgesealError(error) ? describeError(error) : '';
  return level === 'error' ? fail(name, message, error.hint) : warn(name, message, error.hint);
}
