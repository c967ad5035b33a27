import { EdgesealError } from '../../core/errors.ts';
import { isBase64 } from '../../core/format/schema.ts';
import { KubeClient } from '../../core/kube/client.ts';
import type { KubeEndpoint } from '../../core/kube/client.ts';
import type { KubeconfigUser } from '../../core/format/kubeconfig.ts';
import type { Io } from '../terminal/io.ts';
import { Plugin } from './exec-plugin.ts';
import { chooseContext, readNamed } from './kubeconfig.ts';
import type { ChosenContext, Sourced } from './kubeconfig.ts';

/** How a person says which cluster is meant. */
export interface KubeOptions {
  context?: string;
  kubeconfig?: string;
}

/** A cluster that a command works on. */
export interface KubeAccess {
  /** Name of the context, for messages. */
  context: string;
  /** The context's own namespace. */
  namespace: string | undefined;
  client: KubeClient;
}

/**
 * Opens the cluster of a kubeconfig's context.
 *
 * @param options `--context` and `--kubeconfig`; the environment's KUBECONFIG and the current context otherwise
 * @throws EdgesealError `kube-config` with file, context and field, and the way out
 */
export async function openCluster(io: Io, options: KubeOptions): Promise<KubeAccess> {
  const chosen = await chooseContext(io, options);
  requireKnownWays(chosen);
  const endpoint = await endpointOf(io, chosen);
  return {
    context: chosen.name,
    namespace: chosen.namespace,
    client: new KubeClient(endpoint),
  };
}

/** What is in the file and would silently not happen, or would be unsafe. */
function requireKnownWays({ name, cluster, user }: ChosenContext): void {
  const refuse = (from: Sourced<unknown>, field: string, why: string, hint: string): never => {
    throw new EdgesealError('kube-config', `context ${name}: ${why}`, {
      file: from.file,
      field,
      hint,
    });
  };
  if (cluster.value['insecure-skip-tls-verify'] === true)
    refuse(
      cluster,
      `clusters[${cluster.name}].cluster.insecure-skip-tls-verify`,
      'whoever stands between here and this API server could read and change everything',
      `give its authority: kubectl config set-cluster ${cluster.name} --insecure-skip-tls-verify=false --certificate-authority=FILE --embed-certs`,
    );
  if (cluster.value['proxy-url'] !== undefined)
    refuse(
      cluster,
      `clusters[${cluster.name}].cluster.proxy-url`,
      'this cluster is behind a proxy, which edgeseal cannot go through',
      'let kubectl do it: edgeseal install REGION --print | kubectl apply --server-side -f -',
    );
  for (const field of ['auth-provider', 'username', 'as', 'as-uid', 'as-groups']) {
    if (user.value[field] === undefined || user.value[field] === '') continue;
    refuse(
      user,
      `users[${user.name}].user.${field}`,
      `${field} is not supported`,
      'use a token, a client certificate or an exec plugin',
    );
  }
}

async function endpointOf(io: Io, chosen: ChosenContext): Promise<KubeEndpoint> {
  const { cluster, user } = chosen;
  const { server, 'tls-server-name': serverName } = cluster.value;
  const ca = await material(cluster, cluster.value, 'certificate-authority');
  const cert = await material(user, user.value, 'client-certificate');
  const key = await material(user, user.value, 'client-key');
  const token = await tokenOf(user);
  const fixed = { url: server, ca, serverName };
  if (user.value.exec === undefined || token !== undefined || cert !== undefined)
    return { ...fixed, cert, key, token };
  const plugin = new Plugin(io, user, user.value.exec, { ...cluster.value, ca });
  const first = await plugin.credential();
  return {
    ...fixed,
    cert: first.clientCertificateData,
    key: first.clientKeyData,
    token: async () => (await plugin.credential()).token,
  };
}

async function tokenOf(user: Sourced<KubeconfigUser>): Promise<KubeEndpoint['token']> {
  const { token, tokenFile } = user.value;
  if (token !== undefined) return () => token;
  if (tokenFile === undefined) return undefined;
  const read = async (): Promise<string> =>
    (await readNamed(user, `users[${user.name}].user.tokenFile`, tokenFile)).trim();
  await read();
  return read;
}

/** PEM from `<field>-data` in the file itself, or from the file that `<field>` names. */
async function material(
  from: Sourced<unknown>,
  fields: Record<string, unknown>,
  field: string,
): Promise<string | undefined> {
  const inline = fields[`${field}-data`] as string | undefined;
  if (inline !== undefined) {
    const pem = isBase64(inline) ? Buffer.from(inline, 'base64').toString('utf8') : '';
    if (pem.includes('-----BEGIN ')) return pem;
    throw new EdgesealError('kube-config', `${field}-data of ${from.name} is not base64 of PEM`, {
      file: from.file,
      field: `${field}-data`,
    });
  }
  const path = fields[field] as string | undefined;
  return path === undefined ? undefined : await readNamed(from, field, path);
}
