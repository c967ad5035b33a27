import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import type { KubeconfigCluster, KubeconfigUser } from '../../core/format/kubeconfig.ts';
import type { Io } from '../terminal/io.ts';

/** One part of a kubeconfig, with the file that it stands in: relative paths in it are relative to that file. */
export interface Sourced<T> {
  file: string;
  name: string;
  value: T;
}

/** A context, with what it names. */
export interface ChosenContext {
  name: string;
  namespace: string | undefined;
  cluster: Sourced<KubeconfigCluster>;
  user: Sourced<KubeconfigUser>;
}

interface Merged {
  files: string[];
  current: string | undefined;
  contexts: Map<string, Sourced<{ cluster: string; user?: string; namespace?: string }>>;
  clusters: Map<string, Sourced<KubeconfigCluster>>;
  users: Map<string, Sourced<KubeconfigUser>>;
}

/**
 * Finds a context as kubectl does: `--kubeconfig`, else the files of KUBECONFIG, of which the first that has a name wins,
 * else `~/.kube/config`; in it `--context`, else the current one.
 *
 * @throws EdgesealError `kube-config` with file, context and field, `format-yaml`, `format-schema`
 */
export async function chooseContext(
  io: Io,
  options: { context?: string | undefined; kubeconfig?: string | undefined },
): Promise<ChosenContext> {
  const merged = await readAll(io, options.kubeconfig);
  const where = { file: merged.files.join(delimiter) };
  const name = options.context ?? merged.current;
  const known = [...merged.contexts.keys()].join(', ');
  if (name === undefined || name === '') {
    throw new EdgesealError('kube-config', 'no context is the current one', {
      ...where,
      field: 'current-context',
      hint: known === '' ? 'which cluster? --kubeconfig FILE' : `which one? --context: ${known}`,
    });
  }
  const context = merged.contexts.get(name);
  if (context === undefined) {
    throw new EdgesealError('kube-config', `there is no context ${name}`, {
      ...where,
      hint: known === '' ? 'it has no contexts at all' : `there are: ${known}`,
    });
  }
  const named = <T>(kind: 'cluster' | 'user', all: Map<string, Sourced<T>>): Sourced<T> => {
    const wanted = context.value[kind];
    const found = wanted === undefined ? undefined : all.get(wanted);
    if (found !== undefined) return found;
    const what = wanted === undefined || wanted === '' ? `no ${kind}` : `${kind} ${wanted}`;
    throw new EdgesealError('kube-config', `context ${name} names ${what}, which is not there`, {
      file: context.file,
      field: `contexts[${name}].context.${kind}`,
      hint: `kubectl config set-context ${name} --${kind}=NAME`,
    });
  };
  return {
    name,
    namespace: context.value.namespace,
    cluster: named('cluster', merged.clusters),
    user: named('user', merged.users),
  };
}

async function readAll(io: Io, given: string | undefined): Promise<Merged> {
  const { KUBECONFIG: listed, HOME: home } = io.env;
  const files =
    given !== undefined
      ? [given]
      : listed !== undefined && listed !== ''
        ? [...new Set(listed.split(delimiter).filter((file) => file !== ''))]
        : [join(home ?? '', '.kube', 'config')];
  const merged: Merged = {
    files,
    current: undefined,
    contexts: new Map(),
    clusters: new Map(),
    users: new Map(),
  };
  const { parseKubeconfig } = await import('../../core/format/kubeconfig.ts');
  const missing: string[] = [];
  for (const name of files) {
    const file = resolve(io.cwd, name);
    const bytes = await readIfThere(file);
    if (bytes === undefined) {
      missing.push(file);
      continue;
    }
    const { contexts, clusters, users, ...top } = parseKubeconfig(bytes, file);
    merged.current ??= top['current-context'] === '' ? undefined : top['current-context'];
    for (const { name, context } of contexts ?? [])
      addFirst(merged.contexts, name, file, withoutUndefined(context));
    for (const { name, cluster } of clusters ?? []) addFirst(merged.clusters, name, file, cluster);
    for (const { name, user } of users ?? []) addFirst(merged.users, name, file, user ?? {});
  }
  // As kubectl does it, one of several files may be missing.
  if (missing.length < files.length) return merged;
  throw new EdgesealError('kube-config', 'there is no kubeconfig', {
    file: missing.join(delimiter),
    hint: 'name the file: --kubeconfig FILE, or set KUBECONFIG',
  });
}

function withoutUndefined(context: {
  cluster: string;
  user?: string | undefined;
  namespace?: string | undefined;
}): { cluster: string; user?: string; namespace?: string } {
  const { cluster, user, namespace } = context;
  return {
    cluster,
    ...(user === undefined ? {} : { user }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}

function addFirst<T>(all: Map<string, Sourced<T>>, name: string, file: string, value: T): void {
  if (!all.has(name)) all.set(name, { file, name, value });
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new EdgesealError('kube-config', `cannot be read (${code ?? 'error'})`, { file, cause });
  }
}

/** Reads a file that a kubeconfig names, relative to it. @throws EdgesealError `kube-config` */
export async function readNamed(
  from: Sourced<unknown>,
  field: string,
  path: string,
): Promise<string> {
  try {
    return await readFile(resolve(dirname(from.file), path), 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new EdgesealError(
      'kube-config',
      `${field} of ${from.name} is a file that cannot be read: ${path} (${code ?? 'error'})`,
      { file: from.file, field, cause },
    );
  }
}
