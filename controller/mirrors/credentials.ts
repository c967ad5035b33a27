import { readFile } from 'node:fs/promises';
import { EdgesealError } from '../../core/errors.ts';
import type { MirrorSpec } from '../../core/git/mirror.ts';
import type { MirrorSettings } from '../config.ts';
import { systemCode } from '../store/disk.ts';

/**
 * Reads a Secret of the cluster for a mirror.
 *
 * @returns its values as text, by item; undefined where there is no such Secret
 */
export type SecretTexts = (name: string) => Promise<ReadonlyMap<string, string> | undefined>;

/**
 * Completes what a mirror is asked with. Credentials are read each time, because they are renewed under a running
 * controller.
 *
 * @throws EdgesealError `git-mirror` where they cannot be read, `kube-*`
 */
export async function completeMirror(
  settings: MirrorSettings,
  secrets: SecretTexts | undefined,
): Promise<MirrorSpec> {
  const { name, url, ca, auth } = settings;
  const spec: MirrorSpec = { name, url };
  if (ca !== undefined) spec.ca = await textOf(ca, name);
  if (auth === undefined) return spec;
  if ('basic' in auth) {
    spec.username = await textOf(auth.basic.usernameFile, name);
    spec.password = await textOf(auth.basic.passwordFile, name);
  } else if ('bearer' in auth) {
    spec.token = await textOf(auth.bearer.tokenFile, name);
  } else Object.assign(spec, await fromSecret(auth.secret.name, name, secrets));
  return spec;
}

async function fromSecret(
  secret: string,
  mirror: string,
  secrets: SecretTexts | undefined,
): Promise<Partial<MirrorSpec>> {
  const texts = await secrets?.(secret);
  const refuse = (message: string, hint: string): never => {
    throw new EdgesealError('git-mirror', `mirror ${mirror}: the Secret ${secret} ${message}`, {
      hint,
    });
  };
  if (texts === undefined) return refuse('does not exist', 'make it beside the RegionSync');
  const ca = texts.get('ca.crt');
  const authority = ca === undefined ? {} : { ca };
  const [username, password, token] = ['username', 'password', 'token'].map((item) =>
    texts.get(item),
  );
  if (token !== undefined) return { token, ...authority };
  if (username !== undefined && password !== undefined) return { username, password, ...authority };
  return refuse('holds no credentials', 'it wants username and password, or token');
}

async function textOf(file: string, mirror: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  } catch (cause) {
    throw new EdgesealError(
      'git-mirror',
      `mirror ${mirror}: cannot read its credentials or certificate (${systemCode(cause) ?? 'error'})`,
      { file, cause },
    );
  }
}
