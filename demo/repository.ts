import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from './stage.ts';

const seed = (file: string): string =>
  readFileSync(join(import.meta.dirname, '../test/seed', file), 'utf8');

/** A value made up on the spot, as text. */
const madeUp = (): string => `made-up-${randomBytes(9).toString('base64url')}`;

/** Ports of the two mirrors. */
export interface Ports {
  a: number;
  b: number;
}

/** A repository from the template, with the seed's regions and its distribution policy word for word. */
export async function makeRepository(stage: Stage, ports: Ports): Promise<void> {
  stage.step('A secrets repository');
  stage.write('policy.yaml', seed('12-regional-secret-distribution.yaml'));
  await stage.run(
    'mkdir -p -m 700 home/.ssh; test -f home/.ssh/id_ed25519 || ssh-keygen -q -t ed25519 -N "" -C author@example.com -f home/.ssh/id_ed25519',
    { in: '.' },
  );
  await stage.run(
    'git init -q --bare git/a/secrets.git; test -d secrets || git clone -q git/a/secrets.git secrets 2>/dev/null',
    { in: '.' },
  );
  await stage.run(
    [
      'test -f edgeseal.yaml || edgeseal init --regions us-east,us-west,eu-central',
      '--default-regions us-east,us-west,eu-central --keys ../keys',
      `--mirror http://127.0.0.1:${String(ports.a)}/secrets.git`,
      `--mirror http://127.0.0.1:${String(ports.b)}/secrets.git`,
    ].join(' \\\n  '),
    { lines: 30 },
  );
  await stage.run('cp ../policy.yaml policy/distribution-policy.yaml');
  stage.say(
    'the policy is the one of the requirement, word for word: gdpr-compliance-key goes to eu-central alone',
  );
}

/** Three secrets of the policy, and the two manifests of the requirement, which defaultRegions assigns. */
export async function sealSecrets(stage: Stage): Promise<void> {
  stage.step('Sealing: public keys only, nothing to decide but the name');
  const secret = (name: string, items: string[]): string =>
    [
      'apiVersion: v1',
      'kind: Secret',
      'metadata:',
      `  name: ${name}`,
      '  namespace: production',
      'stringData:',
      ...items.map((item) => `  ${item}: ${madeUp()}`),
    ].join('\n');
  stage.write(
    'plaintext/policy-secrets.yaml',
    [
      secret('database-credentials', ['username', 'password']),
      secret('api-keys', ['payment', 'maps']),
      secret('gdpr-compliance-key', ['key']),
    ].join('\n---\n'),
  );
  const filled = seed('01-basic-secret-creation.yaml').replace(/<base64-encoded-[a-z-]+>/g, () =>
    Buffer.from(madeUp()).toString('base64'),
  );
  stage.write('plaintext/app.yaml', filled);
  await stage.run('edgeseal seal ../plaintext/policy-secrets.yaml ../plaintext/app.yaml');
  await stage.run('sed -n 1,18p secrets/production/gdpr-compliance-key.yaml | cut -c1-100', {
    lines: 20,
  });
}

/** The hook refuses a plaintext Secret, written either way. */
export async function refusePlaintext(stage: Stage): Promise<void> {
  stage.step('The hook: a plaintext Secret does not get into Git');
  const manifest = (field: string, value: string): string =>
    `apiVersion: v1\nkind: Secret\nmetadata: {name: oops, namespace: production}\n${field}:\n  token: ${value}\n`;
  stage.write(
    'plaintext/oops-data.yaml',
    manifest('data', Buffer.from(madeUp()).toString('base64')),
  );
  stage.write('plaintext/oops-string-data.yaml', manifest('stringData', madeUp()));
  await stage.run('cp ../plaintext/oops-*.yaml . && git add . && git commit -q -m "Add a token"', {
    fails: true,
    lines: 20,
  });
  await stage.run('git rm -q -f oops-*.yaml');
  await stage.run(
    'git add -A && git commit -q -m "Seal the first secrets" && git push -q origin main && git log --oneline',
  );
}

/** Three signed channels, and a second mirror that copies the first. */
export async function publish(stage: Stage): Promise<void> {
  stage.step('Publishing: one signed channel a region');
  await stage.run('edgeseal publish');
  await stage.run(
    'test -d git/b/secrets.git || git clone -q --mirror git/a/secrets.git git/b/secrets.git',
    { in: '.' },
  );
  await stage.run('git -C ../git/a/secrets.git ls-tree -r --name-only edgeseal/eu-central', {
    lines: 20,
  });
}

/** Publishes what is merged and lets the second mirror copy it. */
export async function publishAgain(stage: Stage, message: string): Promise<void> {
  await stage.run(
    `git commit -q -a -m "${message}" && git push -q origin main && edgeseal publish`,
  );
  await stage.run('git -C git/b/secrets.git fetch -q --prune origin', { in: '.' });
}
