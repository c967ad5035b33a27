/**
 * `npm start`: the whole way of a secret, from a plaintext manifest to unsealed files in three regions, with
 * real Git over HTTP, in a folder of its own. `npm start -- --keep` leaves the folder, so that every command
 * shown can be repeated by hand.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { changeArrives, lieFound, mirrorLost, offline } from './incidents.ts';
import { startMirrors, startRegions } from './regions.ts';
import { makeRepository, publish, refusePlaintext, sealSecrets } from './repository.ts';
import { freePort, Stage } from './stage.ts';

const keep = process.argv.includes('--keep');
const stage = new Stage();
const stop = (): void => {
  void stage.end(keep).then(() => process.exit(130));
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);

try {
  const ports = { a: await freePort(), b: await freePort() };
  process.stdout.write(
    `edgeseal demo, in ${stage.folder} (a HOME, a Git identity and an SSH key of its own)\n`,
  );
  await makeRepository(stage, ports);
  await sealSecrets(stage);
  await refusePlaintext(stage);
  await publish(stage);
  await startMirrors(stage, ports);
  await startRegions(stage, ports);
  await changeArrives(stage);
  await mirrorLost(stage);
  await offline(stage);
  await lieFound(stage, ports);
  const { version } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'),
  ) as { version: string };
  process.stdout.write(
    `\nDone in ${stage.seconds.toFixed(0)} s: edgeseal ${version} sealed, reviewed by a hook, published, mirrored, verified, unsealed and kept.\n`,
  );
  await stage.end(keep);
  process.stdout.write(
    keep
      ? `\nThe folder is kept. Repeat any step by hand:\n\n  . ${stage.path('env.sh')}\n  mirror git/a ${String(ports.a)} & echo $! > run/mirror-a.pid\n  edgeseal controller --config us-east/region-sync.yaml & echo $! > run/us-east.pid\n  cd secrets && edgeseal status\n\nRemove it with: rm -rf ${stage.folder}\n`
      : '\nNext: read docs/guides/set-up.md for your own repository, or look around in this one: npm start -- --keep\n',
  );
} catch (error) {
  await stage.end(true);
  process.stderr.write(
    `\nthe demo failed: ${error instanceof Error ? error.message : String(error)}\nits folder is kept: ${stage.folder}\n`,
  );
  process.exitCode = 1;
}
