import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Ports } from './repository.ts';
import type { Stage } from './stage.ts';

export const regions = ['us-east', 'us-west', 'eu-central'] as const;
export type RegionName = (typeof regions)[number];

/** Serves both mirrors. They are not trusted: anything may serve a channel. */
export async function startMirrors(stage: Stage, ports: Ports): Promise<void> {
  stage.step('Two mirrors: plain Git over HTTP, on loopback');
  startMirror(stage, 'a', ports.a);
  startMirror(stage, 'b', ports.b);
  await Promise.all([serves(stage, ports.a), serves(stage, ports.b)]);
}

export function startMirror(
  stage: Stage,
  name: 'a' | 'b',
  port: number,
  folder = `git/${name}`,
): void {
  stage.start(`mirror ${name}`, `mirror ${folder} ${String(port)}`);
}

/** Waits until a mirror answers. */
export async function serves(stage: Stage, port: number): Promise<void> {
  const url = `http://127.0.0.1:${String(port)}/secrets.git/info/refs?service=git-upload-pack`;
  await stage.until(
    'the mirror answers',
    async () => (await fetch(url).catch(() => undefined))?.ok ?? false,
  );
}

/** One controller a region: it holds the region's private key, its mirrors and the hash of the trust root. */
export async function startRegions(stage: Stage, ports: Ports): Promise<void> {
  stage.step('Three controllers: each pulls, verifies and unseals its own channel');
  const repository =
    /id: (\S+)/.exec(readFileSync(stage.path('secrets/edgeseal.yaml'), 'utf8'))?.[1] ?? '';
  const root = createHash('sha256')
    .update(readFileSync(stage.path('secrets/trust/1.yaml')))
    .digest('hex');
  for (const region of regions)
    stage.write(`${region}/region-sync.yaml`, regionSync(stage, region, repository, root, ports));
  await stage.run('cat us-east/region-sync.yaml', { in: '.', lines: 40 });
  for (const region of regions) startController(stage, region);
  for (const region of regions) {
    await stage.until(`${region} has its secrets`, () => secretsOf(stage, region).length >= 4);
  }
  await stage.until('eu-central has its own', () => secretsOf(stage, 'eu-central').length === 5);
  for (const region of regions) {
    const own = secretsOf(stage, region).map(
      (name) => `${name} (${itemsOf(stage, region, name).join(', ')})`,
    );
    stage.say(`${region}:`);
    for (const line of own) stage.say(`  ${line}`);
  }
  const holders = regions.filter((region) =>
    secretsOf(stage, region).includes('production/gdpr-compliance-key'),
  );
  if (holders.join() !== 'eu-central')
    throw new Error(`gdpr-compliance-key is in ${holders.join()}`);
  stage.say('eu-central alone has gdpr-compliance-key');
}

export function startController(stage: Stage, region: RegionName): void {
  stage.start(region, `edgeseal controller --config ${region}/region-sync.yaml`);
}

/** `namespace/name` of the secrets that a region's controller has unsealed, sorted. */
export function secretsOf(stage: Stage, region: RegionName): string[] {
  const top = stage.path(region, 'unsealed');
  const folders = (path: string): string[] =>
    existsSync(path)
      ? readdirSync(path, { withFileTypes: true })
          .filter((e) => e.isDirectory() && !e.name.startsWith('.'))
          .map((e) => e.name)
      : [];
  return folders(top)
    .flatMap((namespace) =>
      folders(`${top}/${namespace}`)
        .filter((name) => existsSync(`${top}/${namespace}/${name}/..data`))
        .map((name) => `${namespace}/${name}`),
    )
    .sort();
}

/** The text of one unsealed item, as a program in that region reads it. */
export function valueOf(
  stage: Stage,
  region: RegionName,
  secret: string,
  item: string,
): string | undefined {
  const file = stage.path(region, 'unsealed', secret, item);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function itemsOf(stage: Stage, region: RegionName, secret: string): string[] {
  return readdirSync(stage.path(region, 'unsealed', secret))
    .filter((item) => !item.startsWith('.'))
    .sort();
}

function regionSync(
  stage: Stage,
  region: RegionName,
  repository: string,
  root: string,
  ports: Ports,
): string {
  return `apiVersion: edgeseal.dev/v1alpha1
kind: RegionSync
metadata: {name: ${region}}
spec:
  repository: ${repository}
  region: ${region}
  root: ${root}
  mirrors:
  - {name: a, url: "http://127.0.0.1:${String(ports.a)}/secrets.git"}
  - {name: b, url: "http://127.0.0.1:${String(ports.b)}/secrets.git"}
  interval: 1s
  keys: {files: [${stage.path(`keys/${region}.key`)}]}
  store: ${stage.path(region, 'store')}
  target: {directory: {path: ${stage.path(region, 'unsealed')}}}
`;
}
