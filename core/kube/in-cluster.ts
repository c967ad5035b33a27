import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EdgesealError } from '../errors.ts';
import type { KubeEndpoint } from './client.ts';

/** Where the kubelet puts a pod's service account. */
const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** A pod's own access: the API server, and the namespace it runs in. */
export interface InCluster {
  endpoint: KubeEndpoint;
  namespace: string;
}

/**
 * The access that Kubernetes gives every pod: environment variables and the files of its service account. The token's
 * file is read again for each request, since the kubelet replaces it.
 *
 * @param folder for tests and DaemonSets that mount the token elsewhere
 * @throws EdgesealError `kube-config` outside of a pod
 */
export function inCluster(env: NodeJS.ProcessEnv, folder = accountFolder): InCluster {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (host === undefined || host === '' || port === undefined || port === '') {
    throw new EdgesealError(
      'kube-config',
      'this is not a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set',
      { hint: 'run it with a configuration file: edgeseal controller --config FILE' },
    );
  }
  const read = (name: string): string => {
    const file = join(folder, name);
    try {
      return readFileSync(file, 'utf8').trim();
    } catch (cause) {
      throw new EdgesealError('kube-config', "the pod's service account cannot be read", {
        file,
        cause,
        hint: 'the pod needs automountServiceAccountToken: true',
      });
    }
  };
  const namespace = env['POD_NAMESPACE'];
  return {
    endpoint: {
      url: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
      ca: read('ca.crt'),
      token: () => read('token'),
    },
    namespace: namespace === undefined || namespace === '' ? read('namespace') : namespace,
  };
}
