import { EdgesealError } from '../errors.ts';
import { repositoryFile } from '../format/repository.ts';
import { rootPath } from '../format/trust-root.ts';
import type { Finding } from './secret-audit.ts';
import { missingWords, readProposals } from './proposals.ts';
import type { Proposal } from './proposals.ts';
import { lostFile, recipientsFor, regionEntry } from './recipients.ts';
import type { RepositoryState } from './repository-state.ts';
import { activeKeys, keyState } from './root-keys.ts';

/**
 * Checks what is not the matter of one sealed secret: that the regions of the policy and of defaultRegions
 * exist and can be sealed for, that every public key is the root's, that no root stands outside the chain,
 * and that the policy names nothing that is not there.
 *
 * @param secrets every sealed secret of the view, to hold the policy's entries against
 */
export async function auditRepository(
  state: RepositoryState,
  secrets: readonly { namespace: string; name: string }[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const attempt = async (check: () => Promise<unknown>): Promise<void> => {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof EdgesealError)) throw error;
      // Several checks meet the same fault, such as one stranger's key; a person wants it named once.
      if (!findings.some((f) => f.error.message === error.message)) {
        findings.push({ level: 'error', error });
      }
    }
  };
  const used = new Set([
    ...(state.policy?.regions.keys() ?? []),
    ...(state.repository.spec.defaultRegions ?? []),
  ]);
  for (const region of used) {
    await attempt(async () => {
      try {
        requireRegion(state, region);
        await recipientsFor(state, [region]);
      } catch (error) {
        const inPolicy = state.policy?.regions.has(region) === true;
        throw error instanceof EdgesealError && error.file === undefined && !inPolicy
          ? error.at({ file: repositoryFile, field: 'spec.defaultRegions' })
          : error;
      }
    });
  }
  for (const entry of state.regions.values()) {
    await attempt(async () => {
      const keys = entry.keys.map((k) => k.key);
      const active = activeKeys(state.root, entry.name, keys, entry.file);
      if (active.length > 0 || used.has(entry.name)) return;
      const message = `${entry.name} has no active key: nothing can be sealed for it`;
      findings.push(warning('policy-region', message, { file: entry.file }));
    });
  }
  findings.push(...missingRegionFiles(state, used), ...idleEntries(state, secrets));
  for (const file of await strayRoots(state)) {
    await attempt(async () => {
      throw new EdgesealError(
        'trust-root',
        `this root does not follow root ${state.root.number}, the last one of the chain`,
        { file, hint: 'remove it, or have the roots before it signed and merged first' },
      );
    });
  }
  const { proposals, faults } = await readProposals(state);
  return [
    ...findings.map((finding) => withProposal(finding, state, proposals)),
    ...proposals.map(openProposal),
    ...faults.map((error) => ({ level: 'warning' as const, error })),
  ];
}

/** A root that is still to be signed is in force for nobody, and no obstacle to anything. */
function openProposal({ root, missing, folder: file }: Proposal): Finding {
  const lacks = missingWords(root.number, missing);
  const [message, hint] =
    lacks === ''
      ? ['has all its signatures, and waits to be put in force', 'edgeseal trust sign']
      : [`is proposed and needs ${lacks}`, 'whoever has to sign it runs: edgeseal trust sign'];
  return warning('trust-root', `trust root ${root.number} ${message}`, { file, hint });
}

/** A public key that came with its root is no stranger's; it was committed before the root has its signatures. */
function withProposal(
  finding: Finding,
  { regions, root }: RepositoryState,
  proposals: readonly Proposal[],
): Finding {
  const { level, error } = finding;
  const entry = [...regions.values()].find(({ file }) => file === error.file);
  if (error.code !== 'trust-key' || entry === undefined) return finding;
  const unlisted = entry.keys.filter(
    ({ key }) => keyState(root, entry.name, key.sha256) === undefined,
  );
  const lists = proposals.find((proposal) =>
    unlisted.every(({ key }) => keyState(proposal.root, entry.name, key.sha256) !== undefined),
  );
  if (unlisted.length === 0 || lists === undefined) return finding;
  const hint = `trust root ${lists.root.number}, which is proposed, lists it: have that signed (edgeseal trust sign) before this is merged`;
  const { code, message, file, line, field, cause } = error;
  const waiting = new EdgesealError(code, message, { file, line, field, hint, cause });
  return { level, error: waiting, awaitsRoot: true };
}

/** A recovery recipient is sealed for because its regions are, never by the policy: it has no channel. */
function requireRegion(state: RepositoryState, name: string): void {
  if (!regionEntry(state, name).recovery) return;
  throw new EdgesealError('policy-region', `${name} is a recovery recipient, not a region`, {
    hint: 'take it out: it reads what its regions read anyway',
  });
}

/** Of regions that are used it was said already, as an error. */
function missingRegionFiles(state: RepositoryState, used: ReadonlySet<string>): Finding[] {
  return state.root.spec.regions
    .filter(({ keys }) => keys.some((k) => k.state === 'active'))
    .filter(({ name }) => !state.regions.has(name) && !used.has(name))
    .map(({ name }) => ({ level: 'warning', error: lostFile(state, name) }));
}

function idleEntries(
  state: RepositoryState,
  secrets: readonly { namespace: string; name: string }[],
): Finding[] {
  const names = new Set(secrets.flatMap(({ namespace, name }) => [name, `${namespace}/${name}`]));
  const idle = new Map<string, string[]>();
  for (const [region, rule] of state.policy?.regions ?? []) {
    for (const entry of rule.secrets) {
      if (!names.has(entry)) idle.set(entry, [...(idle.get(entry) ?? []), region]);
    }
  }
  return [...idle].map(([entry, regions]) =>
    warning(
      'policy-unassigned',
      `the policy gives ${entry} to ${regions.join(', ')}, but there is no such secret`,
      {
        file: state.policy?.file,
        hint: 'seal it, correct the name, or take the entry out',
      },
    ),
  );
}

async function strayRoots(state: RepositoryState): Promise<string[]> {
  const files = await state.view.list('trust');
  return files.filter((file) => {
    const [, number] = /^trust\/([1-9]\d{0,14})\.yaml$/.exec(file) ?? [];
    return (
      number !== undefined &&
      Number(number) > state.root.number &&
      file === rootPath(Number(number))
    );
  });
}

function warning(
  code: EdgesealError['code'],
  message: string,
  details: { file?: string | undefined; hint?: string },
): Finding {
  return { level: 'warning', error: new EdgesealError(code, message, details) };
}
