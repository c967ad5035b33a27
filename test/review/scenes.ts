import { nextRoot } from '../support/root.ts';
import { sealInto, setInto } from '../support/sealed.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { Workspace } from '../support/workspace.ts';

export const db = 'production/database-credentials';

const policy = `apiVersion: v1
kind: ConfigMap
metadata:
  name: regional-secret-config
  namespace: secret-management
data:
  distribution-policy.yaml: |
    regions:
      eu-central:
        secrets: [production/database-credentials, production/api-keys]
      us-east:
        secrets: [production/database-credentials, production/api-keys]
      us-west:
        secrets: [production/database-credentials]
`;

/** A repository with two secrets, published; all values are made up. */
export async function published(): Promise<Workspace> {
  const ws = await makeWorkspace({ policy });
  await sealInto(ws, db, { username: 'made-up-user', password: 'made-up-1' });
  await sealInto(
    ws,
    'production/api-keys',
    { 'billing-token': 'made-up-2', 'mail-token': 'made-up-3' },
    { regions: ['eu-central', 'us-east'] },
  );
  ws.commit('Seal two secrets');
  const { code, stderr } = await ws.cli(['publish']);
  if (code !== 0) throw new Error(stderr);
  ws.git('fetch', '-q', 'origin');
  return ws;
}

/** Begins a branch at main. */
export function branch(ws: Workspace, name: string): void {
  ws.git('checkout', '-q', '-B', name, 'main');
}

/** Commits everything to the branch. */
export function commit(ws: Workspace, message: string): string {
  ws.git('add', '-A');
  ws.git('commit', '-q', '--no-verify', '-m', message);
  return ws.git('rev-parse', 'HEAD');
}

/** What a pull request may be about. Each begins a branch of its own. */
export const scenes: Record<string, (ws: Workspace) => Promise<void>> = {
  async rotation(ws) {
    branch(ws, 'rotation');
    await setInto(ws, db, { password: 'made-up-new' });
    commit(ws, 'Rotate the password');
  },
  async newcomer(ws) {
    branch(ws, 'newcomer');
    await sealInto(ws, 'production/new-service', { token: 'made-up-4' }, { sign: false });
    await setInto(
      ws,
      'production/api-keys',
      { 'mail-token': 'made-up-5' },
      { sign: false, regions: ['eu-central', 'us-east'] },
    );
    commit(ws, 'Add a service');
  },
  async 'region-removed'(ws) {
    branch(ws, 'region-removed');
    ws.write(
      'policy/distribution-policy.yaml',
      policy.replace('      us-west:\n        secrets: [production/database-credentials]\n', ''),
    );
    const { code, stderr } = await ws.cli(['reseal', db]);
    if (code !== 0) throw new Error(stderr);
    commit(ws, 'Take us-west out');
  },
  async leaked(ws) {
    branch(ws, 'leaked');
    ws.write('deploy/app.yaml', plainSecret('app', 'made-up-but-plain'));
    commit(ws, 'Deploy the app');
    ws.write('deploy/old.yaml', plainSecret('old', 'made-up-but-plain-too'));
    commit(ws, 'Deploy an old one');
    ws.git('rm', '-q', 'deploy/old.yaml');
    await setInto(ws, db, { password: 'made-up-new' });
    commit(ws, 'Not the old one; rotate the password');
  },
  async 'trust-root'(ws) {
    branch(ws, 'trust-root');
    await nextRoot(ws, (spec) => ({
      ...spec,
      authors: [
        ...spec.authors.map((author) => ({ ...author, namespaces: ['production', 'staging'] })),
        {
          name: 'colleague@example.com',
          namespaces: ['staging'],
          keys: [
            'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl',
          ],
        },
      ],
      heartbeat: undefined,
    }));
    commit(ws, 'Let a colleague write to staging');
  },
};

function plainSecret(name: string, value: string): string {
  return `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${name}\n  namespace: production\nstringData:\n  password: ${value}\n`;
}
