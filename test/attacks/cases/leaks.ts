import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Family } from '../kit/attack.ts';
import { notChecked } from '../kit/peers.ts';
import { marker } from '../kit/site.ts';

const program = join(import.meta.dirname, '../../../cli/bin.ts');
const password = 'made-up-password-of-a-mirror';

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);

export const leaks: Family = {
  title: 'Somebody looks where plaintext might lie',
  attacker:
    'Whoever reads logs, status, metrics, the store, temp folders or the process list. Every case of every family above ends with that search; here is the rest.',
  test: 'test/attacks/leaks.test.ts',
  attacks: [
    {
      id: 'process-list',
      attack: 'reads arguments and environment of the controller and of its children',
      peers: notChecked,
      expected: { note: 'no value, no private key, no password of a mirror is there' },
      async strike(site) {
        const { edge, channel } = site;
        const config = edge.path('process-list.yaml');
        writeFileSync(
          config,
          readFileSync(edge.config, 'utf8')
            .replace('http://', `http://edge:${password}@`)
            .replace('store: store', 'store: store-of-a-process')
            .replace('path: unsealed', 'path: unsealed-of-a-process'),
        );
        let posts = 0;
        // The second process is there for as long as the pack does not come.
        site.hostile({
          mutate: ({ method }) =>
            method === 'POST' && (posts += 1) > 2 ? () => 'stall' : undefined,
        });
        const args = [program, 'controller', '--config', config];
        const child = spawn(process.execPath, args, { stdio: 'ignore' });
        try {
          await expect.poll(() => childrenOf(child.pid!).length, { timeout: 20_000 }).toBe(1);
          for (const pid of [child.pid!, ...childrenOf(child.pid!)])
            for (const file of ['cmdline', 'environ']) {
              const text = readFileSync(`/proc/${pid}/${file}`, 'latin1');
              expect(text.length).toBeGreaterThan(0);
              for (const secret of [marker, password, channel.keyLine.slice(-20)])
                expect(text).not.toContain(secret);
            }
        } finally {
          child.kill('SIGKILL');
          await once(child, 'exit');
          site.hostile({});
        }
      },
    },
  ],
};
