import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EdgeSecret } from '../../../core/format/edge-secret.ts';
import type { Status } from '../../../controller/status/status.ts';
import { condition } from '../../controller/edge.ts';
import type { Family, SecretAttack } from './attack.ts';
import { publishListed } from './forge.ts';
import { Site } from './site.ts';

/**
 * Runs attacks by single files: each has a secret of its own that was applied, and in one snapshot each of these is
 * replaced by what the attack makes of its next version. Each is refused by name and keeps its value, also over a
 * restart; the others go on; and the next honest version of each is applied.
 *
 * @param prepare makes the site what these need
 */
export function runTogether(
  { title, attacks }: Family<SecretAttack>,
  prepare: (site: Site) => unknown = () => undefined,
): void {
  describe(title, () => {
    let site: Site;
    let before: Record<string, string>;
    let status: Status;
    let again: Status;
    let after: Record<string, string>;
    const names = attacks.map(({ id }) => `production/${id}`);

    const sealAll = async (version: number): Promise<EdgeSecret[]> => {
      const sealed: EdgeSecret[] = [];
      for (const name of names)
        sealed.push(await site.channel.seal(name, { password: site.value() }, { version }));
      return sealed;
    };

    beforeAll(async () => {
      site = await Site.make();
      await prepare(site);
      await sealAll(1);
      await site.honest();
      before = site.picture('production');
      const files: [string, Uint8Array][] = [];
      for (const [i, next] of (await sealAll(2)).entries()) {
        const forged = await attacks[i]!.forge(site, next);
        if (forged instanceof Uint8Array) files.push([names[i]!, forged]);
        else site.channel.put(forged, names[i]);
      }
      await site.channel.seal('shop/witness', { password: 'goes on' }, { version: 1000 });
      publishListed(site, new Map(files));
      status = await site.round();
      again = await site.restart();
      after = site.picture('production');
    });
    afterAll(() => site.remove());

    it.each(attacks.map((attack) => [attack.id, attack] as const))('%s', (id, { expected }) => {
      const name = `production/${id}`;
      for (const one of [status, again])
        expect(one.secrets.failed.find((failed) => failed.name === name)).toMatchObject({
          reason: Object.values(expected.secrets ?? {})[0],
          message: expect.stringContaining(expected.says ?? '') as string,
        });
      const of = (all: Record<string, string>): [string, string][] =>
        Object.entries(all).filter(([path]) => path.startsWith(`${name}/`));
      expect(of(before).length).toBeGreaterThan(2);
      expect(of(after)).toEqual(of(before));
    });

    it('nothing else is kept back, nothing is said that should not be, and all of it ends', async () => {
      expect(status.secrets.failing).toBe(attacks.length);
      expect(condition(status, 'Ready')).toBe('True Applied');
      expect(condition(status, 'Degraded')).toBe('True SecretsFailed');
      expect(site.edge.value('shop/witness')).toBe('goes on');
      expect(await site.leaks()).toEqual([]);
      await sealAll(1000);
      site.channel.publish();
      const mended = await site.round();
      expect(mended.secrets.failed).toEqual([]);
      for (const name of names) expect(site.edge.value(name)).toBe(site.value());
      expect(await site.leaks()).toEqual([]);
    });
  });
}
