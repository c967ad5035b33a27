import { EdgesealError } from '../../core/errors.ts';
import type { KubeClient } from '../../core/kube/client.ts';
import { read } from './apply.ts';
import type { RegionFacts } from './facts.ts';
import type { Manifest } from './manifest.ts';
import type { Choices } from './values.ts';

/** Annotation of the RegionSync with what the person chose who installed it. */
const annotation = 'edgeseal.dev/install';

/** What a cluster already has of a region. */
export interface Installed {
  choices: Choices | undefined;
  repository: string;
  generate: boolean;
  floor: { root: number; sequence: number } | undefined;
}

interface RegionSyncObject {
  metadata: { annotations?: Record<string, string> };
  spec: {
    repository: string;
    keys?: { secret?: { generate?: boolean } };
    floor?: { root: number; sequence: number };
  };
}

/** Reads the region's RegionSync; undefined where it, or its kind, is not there. */
export async function findInstalled(
  client: KubeClient,
  namespace: string,
  region: string,
): Promise<Installed | undefined> {
  const metadata = { namespace, name: region };
  const found = await read(client, { kind: 'RegionSync', metadata });
  if (found === undefined) return undefined;
  const { metadata: meta, spec } = found as unknown as RegionSyncObject;
  return {
    choices: parseChoices(meta.annotations?.[annotation]),
    repository: spec.repository,
    generate: spec.keys?.secret?.generate === true,
    floor: spec.floor,
  };
}

/**
 * Requires that the region is not installed in another namespace already: two controllers would undo each other's
 * Secrets, and the second one would take the first one's rights.
 *
 * @throws EdgesealError `input-usage`
 */
export async function requireOnePlace(
  client: KubeClient,
  namespace: string,
  region: string,
): Promise<void> {
  const metadata = { name: `edgeseal-${region}` };
  const found = await read(client, { kind: 'ClusterRoleBinding', metadata });
  const [subject] = (found as { subjects?: { namespace?: string }[] } | undefined)?.subjects ?? [];
  if (subject?.namespace === undefined || subject.namespace === namespace) return;
  throw new EdgesealError(
    'input-usage',
    `region ${region} is installed in namespace ${subject.namespace} already`,
    { hint: `say so: --namespace ${subject.namespace}` },
  );
}

/** Puts the choices where {@link findInstalled} finds them. */
export function remember(objects: readonly Manifest[], choices: Choices): Manifest[] {
  return objects.map((object) =>
    object.kind === 'RegionSync'
      ? {
          ...object,
          metadata: {
            ...object.metadata,
            annotations: { [annotation]: JSON.stringify(choices) },
          },
        }
      : object,
  );
}

/**
 * Requires that nothing is taken back: a floor that sinks would let an old snapshot in.
 *
 * @throws EdgesealError `trust-rollback`, or `input-usage` for another repository
 */
export function requireOnwards(installed: Installed, facts: RegionFacts, region: string): void {
  if (installed.repository !== facts.repository) {
    throw new EdgesealError(
      'input-usage',
      `region ${region} of this cluster is fed by another repository (${installed.repository})`,
      { hint: `take that one out first: edgeseal uninstall ${region}` },
    );
  }
  const { floor } = installed;
  const { published } = facts;
  if (floor === undefined) return;
  const isBelow =
    published === undefined ||
    published.root < floor.root ||
    (published.root === floor.root && published.sequence < floor.sequence);
  if (!isBelow) return;
  const now = published === undefined ? 'nothing' : `snapshot ${published.sequence}`;
  throw new EdgesealError(
    'trust-rollback',
    `the cluster accepts nothing below snapshot ${floor.sequence} of root ${floor.root}, and ${facts.remote} has ${now}`,
    {
      hint: `take the newest channel up again first: edgeseal publish ${region} --resume-from URL`,
    },
  );
}

function parseChoices(text: string | undefined): Choices | undefined {
  if (text === undefined) return undefined;
  try {
    const parsed = JSON.parse(text) as Choices | null;
    return typeof parsed === 'object' && parsed !== null && 'values' in parsed ? parsed : undefined;
  } catch {
    return undefined;
  }
}
