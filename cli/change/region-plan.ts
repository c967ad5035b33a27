import { EdgesealError } from '../../core/errors.ts';
import {
  editDistributionPolicy,
  parseDistributionPolicy,
} from '../../core/format/distribution-policy.ts';
import type { DistributionPolicy, PolicyEdit } from '../../core/format/distribution-policy.ts';
import { byName, parseSecretPath } from '../../core/format/names.ts';
import { policyFile } from '../../core/format/repository.ts';
import { regionEntry } from '../../core/repository/recipients.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { secretFiles } from '../../core/repository/secret-audit.ts';
import type { SecretRef } from '../secret-ref.ts';
import type { FileChange } from './staged-files.ts';

/** What `--regions` makes of the policy. */
export interface RegionPlan {
  /** The repository as it will be, to seal by. */
  state: RepositoryState;
  /** The policy's file, where it changes. */
  changes: FileChange[];
  /** What a person should know of the edit. */
  notes: string[];
}

const emptyPolicy = `# Which secrets go to which regions. An entry is namespace/name, or the name of a secret in whatever namespace.
apiVersion: v1
kind: ConfigMap
metadata:
  name: regional-secret-config
  namespace: secret-management
data:
  distribution-policy.yaml: |
    regions: {}
`;

/** Checks names that a person gave as regions: known, and not recovery recipients, which nobody assigns. */
export function requireRegions(state: RepositoryState, names: readonly string[]): string[] {
  if (names.length === 0) {
    throw new EdgesealError('input-usage', 'no region is named', { field: '--regions' });
  }
  for (const name of names) {
    if (!regionEntry(state, name).recovery) continue;
    throw new EdgesealError('policy-region', `${name} is a recovery recipient, not a region`, {
      hint: 'leave it out: every secret is sealed for the recovery recipient of its regions anyway',
    });
  }
  return [...new Set(names)].sort(byName);
}

/**
 * Changes the policy so that exactly these regions are assigned to these secrets. An entry without a namespace that
 * names one of them elsewhere too is written out for the others, so that nothing changes for them.
 */
export async function planRegions(
  state: RepositoryState,
  refs: readonly SecretRef[],
  regions: readonly string[],
): Promise<RegionPlan> {
  const wanted = new Set(requireRegions(state, regions));
  const edits: PolicyEdit[] = [];
  const notes: string[] = [];
  const listed = entriesOf(state.policy);
  const names = new Map<string, Set<string>>();
  for (const { namespace, name } of refs) {
    names.set(name, (names.get(name) ?? new Set<string>()).add(namespace));
  }
  for (const region of new Set([...listed.keys(), ...wanted])) {
    const entries = listed.get(region) ?? new Set<string>();
    for (const [name, namespaces] of names) {
      const wide = entries.has(name);
      if (wide && !wanted.has(region)) {
        const others = (await namespacesOf(state, name)).filter((n) => !namespaces.has(n));
        edits.push({ region, entry: name, present: false });
        for (const other of others)
          edits.push({ region, entry: `${other}/${name}`, present: true });
        notes.push(
          `${policyFile}: the entry ${name} of ${region} named it in every namespace; ` +
            (others.length === 0
              ? 'it is taken out'
              : `it is now written out for ${others.map((n) => `${n}/${name}`).join(', ')}`),
        );
      }
      for (const namespace of namespaces) {
        const entry = `${namespace}/${name}`;
        const present = wanted.has(region);
        if (present && wide) continue;
        if (entries.has(entry) !== present) edits.push({ region, entry, present });
      }
    }
  }
  if (edits.length === 0) return { state, changes: [], notes };
  const bytes = await state.view.read(policyFile);
  const text = bytes === undefined ? emptyPolicy : Buffer.from(bytes).toString('utf8');
  const content = editDistributionPolicy(withFirst(text, edits), edits);
  const policy = parseDistributionPolicy(Buffer.from(content), policyFile);
  return { state: { ...state, policy }, changes: [{ file: policyFile, content }], notes };
}

/** What is added to an empty `{}` stays between its braces, on one line; so the first entry is written out as a block. */
function withFirst(text: string, edits: readonly PolicyEdit[]): string {
  const first = edits.find(({ present }) => present);
  if (first === undefined) return text;
  return text.replace(
    /^( *)regions: \{\}[ \t]*$/m,
    (_line, indent: string) =>
      `${indent}regions:\n${indent}  ${first.region}:\n${indent}    secrets:\n${indent}    - ${first.entry}`,
  );
}

/** Takes the entries of a secret that is removed out of the policy. An entry without a namespace stays. */
export async function planRemoval(state: RepositoryState, ref: SecretRef): Promise<RegionPlan> {
  const entry = `${ref.namespace}/${ref.name}`;
  const edits: PolicyEdit[] = [];
  const notes: string[] = [];
  for (const [region, entries] of entriesOf(state.policy)) {
    if (entries.has(entry)) edits.push({ region, entry, present: false });
    if (entries.has(ref.name)) {
      notes.push(
        `${policyFile}: the entry ${ref.name} of ${region} stays: it names every namespace`,
      );
    }
  }
  const bytes = edits.length === 0 ? undefined : await state.view.read(policyFile);
  if (bytes === undefined) return { state, changes: [], notes };
  const content = editDistributionPolicy(Buffer.from(bytes).toString('utf8'), edits);
  return { state, changes: [{ file: policyFile, content }], notes };
}

function entriesOf(policy: DistributionPolicy | undefined): Map<string, Set<string>> {
  return new Map(
    [...(policy?.regions ?? [])].map(([region, rule]) => [region, new Set(rule.secrets)]),
  );
}

async function namespacesOf(state: RepositoryState, name: string): Promise<string[]> {
  return (await secretFiles(state)).flatMap((file) => {
    const place = parseSecretPath(file);
    return place?.name === name ? [place.namespace] : [];
  });
}
