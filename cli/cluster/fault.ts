import { EdgesealError } from '../../core/errors.ts';
import { KubeError } from '../../core/kube/error.ts';
import type { Cluster } from './open.ts';

/**
 * What an API server answered, in words for whoever has to mend it.
 *
 * @param namespace where RegionSyncs were looked for
 * @returns an EdgesealError of the same code; anything else as it is
 */
export function explained(
  error: unknown,
  { context, client, flags }: Cluster,
  namespace: string,
): unknown {
  if (!(error instanceof KubeError)) return error;
  const say = (message: string, hint: string): EdgesealError =>
    new EdgesealError(error.code, message, { hint, cause: error });
  const kubectl = `kubectl ${flags}`;
  if (error.status === 401) {
    return say(
      `context ${context}: the API server at ${client.url} does not accept your credentials`,
      `renew them, then see whether this works: ${kubectl} auth whoami`,
    );
  }
  if (error.status === 403) {
    return say(
      `context ${context}: you may not read the RegionSyncs in namespace ${namespace}`,
      `ask for the right: ${kubectl} -n ${namespace} auth can-i list,watch regionsyncs.edgeseal.dev (another namespace: --namespace)`,
    );
  }
  if (error.status === 404) {
    return say(
      `context ${context} has no edgeseal: its API server knows no RegionSync`,
      `right cluster? then: edgeseal install REGION ${flags}`,
    );
  }
  if (error.status === 0) {
    const why = error.message.replace(/^[A-Z]+ [^:]*: /, '');
    return say(
      `context ${context}: the API server at ${client.url} cannot be reached: ${why}`,
      `see whether this works: ${kubectl} version`,
    );
  }
  return say(`context ${context}: ${error.message}`, `see whether this works: ${kubectl} version`);
}
