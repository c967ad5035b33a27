import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isEdgesealError } from '../../core/errors.ts';
import type { Io } from '../../cli/terminal/io.ts';
import { openCluster } from '../../cli/kube/access.ts';
import { chooseContext } from '../../cli/kube/kubeconfig.ts';
import { Plugin } from '../../cli/kube/exec-plugin.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'edgeseal-kubeconfig-'));
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

const io = (env: NodeJS.ProcessEnv = {}): Io => ({
  cwd: folder,
  env: { PATH: process.env['PATH'], HOME: folder, ...env },
  stdin: new PassThrough(),
  stdout: new PassThrough(),
  stderr: new PassThrough(),
});

const write = (name: string, text: string): string => {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return file;
};

const config = (cluster: string, user: string): string => `apiVersion: v1
kind: Config
current-context: edge
clusters:
- name: edge
  cluster: {server: "https://127.0.0.1:6443", ${cluster}}
users:
- name: edge
  user: {${user}}
contexts:
- name: edge
  context: {cluster: edge, user: edge, namespace: apps}
- name: broken
  context: {cluster: gone, user: edge}
`;

const refused = async (work: Promise<unknown>) => {
  try {
    await work;
  } catch (error) {
    if (isEdgesealError(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('kubeconfig', () => {
  it('is found as kubectl finds it: flag, KUBECONFIG (first one wins), home', async () => {
    write('.kube/config', config('tls-server-name: home', 'token: a'));
    const one = write('one', config('tls-server-name: one', 'token: a'));
    const two = write('two', config('tls-server-name: two', 'token: a').replace('edge\n', 'two\n'));
    const nameOf = async (env: NodeJS.ProcessEnv, options = {}) =>
      (await chooseContext(io(env), options)).cluster.value['tls-server-name'];
    expect(await nameOf({})).toBe('home');
    expect(await nameOf({ KUBECONFIG: `${folder}/missing:${one}:${two}` })).toBe('one');
    expect(await nameOf({ KUBECONFIG: one }, { kubeconfig: 'two', context: 'edge' })).toBe('two');
    const none = await refused(chooseContext(io({ KUBECONFIG: `${folder}/missing` }), {}));
    expect([none.code, none.file]).toEqual(['kube-config', `${folder}/missing`]);
    // --kubeconfig is meant: a missing file is not passed over.
    expect((await refused(chooseContext(io(), { kubeconfig: 'missing' }))).code).toBe(
      'kube-config',
    );
  });

  it('names file, context and field of what is wrong, and never a credential', async () => {
    const file = write('.kube/config', config('tls-server-name: x', 'token: made-up-token'));
    const absent = await refused(openCluster(io(), { context: 'prod' }));
    expect(absent.message).toBe('there is no context prod');
    expect([absent.file, absent.hint]).toEqual([file, 'there are: edge, broken']);
    const broken = await refused(openCluster(io(), { context: 'broken' }));
    expect([broken.field, broken.message]).toEqual([
      'contexts[broken].context.cluster',
      'context broken names cluster gone, which is not there',
    ]);
    write('.kube/config', config('tls-server-name: x', 'token: [made-up-token]'));
    const shape = await refused(openCluster(io(), {}));
    expect([shape.code, shape.field]).toEqual(['format-schema', 'users[0].user.token']);
    expect(JSON.stringify([shape.message, shape.hint])).not.toContain('made-up-token');
  });

  it.each([
    ['insecure-skip-tls-verify: true', 'token: a', 'insecure-skip-tls-verify'],
    ['proxy-url: "http://proxy"', 'token: a', 'proxy-url'],
    ['tls-server-name: x', 'as: root, token: a', 'as'],
    ['tls-server-name: x', 'auth-provider: {name: gcp}', 'auth-provider'],
    ['tls-server-name: x', 'username: a, password: b', 'username'],
  ])('refuses %s, %s, with the way out', async (cluster, user, field) => {
    write('.kube/config', config(cluster, user));
    const error = await refused(openCluster(io(), {}));
    expect(error.code).toBe('kube-config');
    expect(error.field).toMatch(new RegExp(`\\.${field}$`));
    expect(error.message).toContain('context edge');
    expect(error.hint).toBeDefined();
  });

  it('refuses http, unreadable files, and data that is no certificate', async () => {
    write('.kube/config', config('tls-server-name: x', 'token: a').replace('https:', 'http:'));
    expect((await refused(openCluster(io(), {}))).message).toContain('not an https url');
    write('.kube/config', config('certificate-authority: ca.crt', 'token: a'));
    expect((await refused(openCluster(io(), {}))).message).toContain('certificate-authority');
    write('.kube/config', config('certificate-authority-data: AAAA', 'token: a'));
    expect((await refused(openCluster(io(), {}))).message).toContain('is not base64 of PEM');
    // Relative to the kubeconfig, not to where one stands.
    write('.kube/ca.crt', '-----BEGIN CERTIFICATE-----\n');
    write('.kube/config', config('certificate-authority: ca.crt', 'tokenFile: token'));
    expect((await refused(openCluster(io(), {}))).field).toBe('users[edge].user.tokenFile');
  });

  it('takes credentials of an exec plugin, renews them, and repeats nothing of its output', async () => {
    const script = (body: string): void => {
      fs.chmodSync(write('.kube/plugin.sh', `#!/bin/sh\n${body}\n`), 0o755);
    };
    const answer = (token: string, more = ''): string =>
      `echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"${token}"${more}}}'`;
    const plugin = async (): Promise<Plugin> => {
      const { user } = await chooseContext(io(), {});
      return new Plugin(io(), user, user.value.exec!, { server: 'https://x', ca: 'CA' });
    };
    const exec = (more = ''): string =>
      `exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin.sh, installHint: brew install it${more}}`;
    write('.kube/config', config('tls-server-name: x', exec(', provideClusterInfo: true')));

    script(
      `echo "$KUBERNETES_EXEC_INFO" > ${folder}/info; date +%N > ${folder}/ran; ${answer('t')}`,
    );
    const steady = await plugin();
    expect((await steady.credential()).token).toBe('t');
    fs.rmSync(`${folder}/ran`);
    await steady.credential();
    expect(fs.existsSync(`${folder}/ran`)).toBe(false);
    expect(JSON.parse(fs.readFileSync(`${folder}/info`, 'utf8'))).toMatchObject({
      kind: 'ExecCredential',
      spec: { interactive: false, cluster: { server: 'https://x' } },
    });

    script(answer('old', ',"expirationTimestamp":"2020-01-01T00:00:00Z"'));
    const ending = await plugin();
    expect((await ending.credential()).token).toBe('old');
    script(answer('new'));
    expect((await ending.credential()).token).toBe('new');

    script('echo made-up-token; exit 3');
    const failing = await refused((await plugin()).credential());
    expect([failing.message, failing.hint]).toEqual([
      'credential plugin ./plugin.sh ends with exit code 3',
      'brew install it',
    ]);
    script('echo made-up-token');
    expect((await refused((await plugin()).credential())).message).toBe(
      'credential plugin ./plugin.sh prints no ExecCredential',
    );
    write('.kube/config', config('tls-server-name: x', exec().replace('/v1,', '/v1alpha1,')));
    expect((await refused(plugin())).message).toContain('v1alpha1');
  });
});
