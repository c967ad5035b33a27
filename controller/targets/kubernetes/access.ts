import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { EdgesealError } from '../../../core/errors.ts';
import type { KubeEndpoint } from '../../../core/kube/client.ts';
import { inCluster } from '../../../core/kube/in-cluster.ts';
import { systemCode } from '../../store/disk.ts';

/** Where the controller keeps what is its own, unless it is told otherwise. */
const usualNamespace = 'edgeseal-system';

/**
 * How the controller reaches the API server: as a pod by its service account; elsewhere by the current context of the
 * file that KUBECONFIG names, with a token or a client certificate.
 *
 * @returns the access, and the controller's own namespace
 * @throws EdgesealError `kube-config`, `format-yaml`, `format-schema`
 */
export async function accessFrom(
  env: NodeJS.ProcessEnv,
): Promise<{ endpoint: KubeEndpoint; namespace: string }> {
  const { KUBERNETES_SERVICE_HOST: host, KUBECONFIG: file, POD_NAMESPACE: namespace } = env;
  if (host !== undefined && host !== '') return inCluster(env);
  if (file === undefined || file === '') {
    throw new EdgesealError('kube-config', 'nothing says where the API server is', {
      hint: 'run it in a pod, or: KUBECONFIG=FILE edgeseal controller --config FILE',
    });
  }
  return {
    endpoint: await endpointFrom(file),
    namespace: namespace === undefined || namespace === '' ? usualNamespace : namespace,
  };
}

async function endpointFrom(file: string): Promise<KubeEndpoint> {
  const { parseKubeconfig } = await import('../../../core/format/kubeconfig.ts');
  const read = (path: string): Buffer => {
    try {
      return readFileSync(path);
    } catch (cause) {
      throw new EdgesealError('kube-config', `cannot read (${systemCode(cause) ?? 'error'})`, {
        file: path,
        cause,
      });
    }
  };
  const config = parseKubeconfig(read(file), file);
  const current = config['current-context'];
  const context = config.contexts?.find(({ name }) => name === current)?.context;
  const cluster = config.clusters?.find(({ name }) => name === context?.cluster)?.cluster;
  const user = config.users?.find(({ name }) => name === context?.user)?.user ?? undefined;
  const refuse = (message: string, hint: string): never => {
    throw new EdgesealError('kube-config', message, { file, hint });
  };
  if (cluster === undefined || user === undefined)
    return refuse(
      'the current context names no cluster and user that are in this file',
      `see: kubectl --kubeconfig ${file} config get-contexts`,
    );
  if (user.exec !== undefined)
    return refuse(
      'the controller runs no credential plugin',
      'give it a token of a service account, or a client certificate',
    );
  if (cluster['insecure-skip-tls-verify'] === true)
    return refuse('insecure-skip-tls-verify lets anyone be the API server', 'name its authority');
  const at = (path: string): string => resolve(dirname(file), path);
  const part = (path: string | undefined, inline: string | undefined): string | undefined => {
    if (inline !== undefined) return Buffer.from(inline, 'base64').toString('utf8');
    return path === undefined ? undefined : read(at(path)).toString('utf8');
  };
  const { token, tokenFile } = user;
  return {
    url: cluster.server,
    ca: part(cluster['certificate-authority'], cluster['certificate-authority-data']),
    serverName: cluster['tls-server-name'],
    cert: part(user['client-certificate'], user['client-certificate-data']),
    key: part(user['client-key'], user['client-key-data']),
    // A file goes first, as with kubectl: somebody renews it.
    token: () => (tokenFile === undefined ? token : read(at(tokenFile)).toString('utf8').trim()),
  };
}
