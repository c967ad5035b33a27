import { isEdgesealError } from '../../errors.ts';
import { get } from '../structure/node.ts';
import type { MapNode, Node } from '../structure/node.ts';
import type { Scope } from '../structure/scope.ts';

/**
 * Exempts the ciphertexts and signatures of an EdgeSecret that its format accepts as a whole.
 *
 * @param text of the one document
 */
export async function exemptEdgeSecret(map: MapNode, text: string, scope: Scope): Promise<void> {
  // The schemas take longer to load than all else here.
  const { parseEdgeSecret } = await import('../../format/edge-secret.ts');
  try {
    parseEdgeSecret(Buffer.from(text));
  } catch (error) {
    if (!isEdgesealError(error)) throw error;
    return;
  }
  for (const field of ['envelopes', 'signatures']) {
    for (const { start, end } of scalarsOf(get(map, 'spec', field))) {
      if (end > start) scope.report.exempt(scope.source, start, end);
    }
  }
}

function* scalarsOf(node: Node | undefined): Generator<Node> {
  if (node?.kind === 'scalar') yield node;
  if (node?.kind === 'seq') for (const item of node.items) yield* scalarsOf(item);
  if (node?.kind === 'map') for (const { value } of node.entries) yield* scalarsOf(value);
}
