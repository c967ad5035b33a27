import { readFileSync, existsSync } from 'node:fs';
import { publishAgain } from './repository.ts';
import type { Ports } from './repository.ts';
import { regions, secretsOf, serves, startController, startMirror, valueOf } from './regions.ts';
import type { RegionName } from './regions.ts';
import type { Stage } from './stage.ts';

const secret = 'production/database-credentials';

/** A mirror as a controller's status names it. */
interface MirrorStatus {
  name: string;
  state: string;
  message?: string;
}

/** One value is replaced, without any private key, and arrives. */
export async function changeArrives(stage: Stage): Promise<void> {
  stage.step('One value changes, and arrives');
  await change(stage, 'Rotate the database password', 'a');
}

/** The first mirror is gone: the second one serves. */
export async function mirrorLost(stage: Stage): Promise<void> {
  stage.step('The first mirror is lost: the second one serves');
  await stage.stop('mirror a');
  await change(stage, 'Rotate it again', 'b');
  showMirrors(stage, 'us-east');
}

/** Both mirrors are gone, a controller restarts: it serves from its verified store. */
export async function offline(stage: Stage): Promise<void> {
  stage.step('No mirror at all, and a restart: the region goes on');
  await stage.stop('mirror b');
  await stage.stop('eu-central');
  await stage.run('rm -r eu-central/unsealed', { in: '.' });
  startController(stage, 'eu-central');
  const took = await stage.until(
    'eu-central has everything again',
    () => secretsOf(stage, 'eu-central').length === 5,
  );
  stage.say(
    `eu-central unsealed its 5 secrets again from its own store, offline, in ${String(took)} ms`,
  );
}

/** A hostile mirror swaps one byte: it is named, and nothing changes. */
export async function lieFound(stage: Stage, ports: Ports): Promise<void> {
  stage.step('A hostile mirror swaps one byte');
  await stage.run(
    'rm -rf git/hostile && mkdir git/hostile && cp -r git/b/secrets.git git/hostile/',
    { in: '.' },
  );
  await stage.run(
    'hostile-mirror git/hostile/secrets.git edgeseal/us-east secrets/production/api-keys.yaml',
    { in: '.' },
  );
  const before = valueOf(stage, 'us-east', secret, 'password');
  startMirror(stage, 'a', ports.a, 'git/hostile');
  await serves(stage, ports.a);
  await stage.until(
    'us-east names the mirror',
    () => mirrorOf(stage, 'us-east', 'a')?.state === 'Invalid',
  );
  showMirrors(stage, 'us-east');
  if (valueOf(stage, 'us-east', secret, 'password') !== before)
    throw new Error('the value changed');
  stage.say('us-east keeps what it had accepted');
}

async function change(stage: Stage, message: string, mirror: 'a' | 'b'): Promise<void> {
  await stage.run('head -c 12 /dev/urandom | base64 | tr -d "\\n" > plaintext/new-password', {
    in: '.',
  });
  await stage.run(`edgeseal set ${secret} password --from-file ../plaintext/new-password`);
  const value = readFileSync(stage.path('plaintext/new-password'), 'utf8');
  await publishAgain(stage, message);
  const arrived = (region: RegionName): boolean =>
    valueOf(stage, region, secret, 'password') === value;
  const took = await stage.until('the value arrives everywhere', () => regions.every(arrived));
  stage.say(
    `all three regions have the new value ${String(took)} ms after mirror ${mirror} got it (they ask every second)`,
  );
}

function mirrorOf(stage: Stage, region: RegionName, name: string): MirrorStatus | undefined {
  const file = stage.path(region, 'store/status.json');
  if (!existsSync(file)) return undefined;
  const { mirrors } = JSON.parse(readFileSync(file, 'utf8')) as { mirrors: MirrorStatus[] };
  return mirrors.find((mirror) => mirror.name === name);
}

function showMirrors(stage: Stage, region: RegionName): void {
  for (const name of ['a', 'b']) {
    const mirror = mirrorOf(stage, region, name);
    stage.say(
      `${region} says of mirror ${name}: ${mirror?.state ?? 'nothing'}${mirror?.message === undefined ? '' : ` (${mirror.message})`}`,
    );
  }
}
