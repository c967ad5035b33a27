import { EdgesealError } from '../../../core/errors.ts';
import { KubeError } from '../../../core/kube/error.ts';

/**
 * Says in our words why the API server did not take a Secret.
 *
 * @returns `kube-not-found` where the namespace is missing or going, `kube-refused` for quotas, admission and
 * validation, `kube-forbidden` where our own rights are missing; anything else as it is
 */
export function writeFault(error: unknown, namespace: string): unknown {
  if (!(error instanceof KubeError)) return error;
  if (error.status === 404) {
    return new EdgesealError('kube-not-found', `the namespace ${namespace} does not exist`, {
      hint: `it comes as soon as somebody makes the namespace: kubectl create namespace ${namespace}`,
    });
  }
  if (error.status !== 403) return error;
  if (error.message.includes('because it is being terminated')) {
    return new EdgesealError('kube-not-found', `the namespace ${namespace} is being deleted`, {
      hint: 'it comes again if the namespace does',
    });
  }
  if (/\bcannot \w+ resource "secrets"/.test(error.message)) return error;
  return new EdgesealError('kube-refused', error.message, {
    hint: 'a quota or an admission policy of this cluster is against it; it is tried again',
  });
}
