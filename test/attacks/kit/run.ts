import { afterAll, describe, expect, it } from 'vitest';
import { condition, failures } from '../../controller/edge.ts';
import type { Attack, Family } from './attack.ts';
import { Site } from './site.ts';

/**
 * Runs a family's attacks, one after the other, against a controller that has applied an honest channel. After each:
 * the refusal is the expected one, by its name and in its words; what was applied is there, byte for byte; no value
 * is anywhere but in the target; and what is published next is accepted.
 */
export function runAttacks({ title, attacks }: Family): void {
  describe(title, () => {
    let site: Site | undefined;
    const temporary = process.env['TMPDIR'];
    const drop = async (): Promise<void> => {
      if (temporary === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = temporary;
      await site?.remove();
      site = undefined;
    };
    afterAll(drop);

    it.each(attacks.map((attack) => [attack.id, attack] as const))('%s', async (_, attack) => {
      site ??= await Site.make();
      // What is written to a temp folder while this runs is searched, too.
      process.env['TMPDIR'] = site.edge.path('tmp');
      try {
        await meet(site, attack);
      } catch (error) {
        // The next one begins with another site.
        await drop();
        throw error;
      }
    });
  });
}

async function meet(site: Site, attack: Attack): Promise<void> {
  const { setUp, strike, check, expected } = attack;
  await setUp?.(site);
  const { mirror = 'Ok', secrets = {}, says, ready = 'True Applied' } = expected;
  const before = site.picture('production');
  const restore = site.channel.fork();
  await strike(site);
  const status = await site.round();
  const [first] = status.mirrors;
  if (expected.ready === undefined)
    expect([first?.state, first?.message ?? ''], JSON.stringify(status.mirrors)).toEqual([
      mirror,
      mirror === 'Ok' ? '' : expect.stringContaining(says ?? ''),
    ]);
  else expect(status.conditions[0]?.message).toContain(says);
  expect(failures(status), JSON.stringify(status.secrets.failed)).toEqual(secrets);
  for (const name of Object.keys(secrets))
    expect(status.secrets.failed.find((one) => one.name === name)?.message).toContain(says);
  expect(site.picture('production')).toEqual(before);
  // Nothing else is given up for it.
  expect(condition(status, 'Ready')).toBe(ready);
  if (expected.ready === undefined && ['Invalid', 'Rollback', 'Equivocation'].includes(mirror))
    expect(condition(status, 'Verified')).toMatch(/^False (NothingValid|Equivocation)$/);
  expect(await site.leaks()).toEqual([]);
  await check?.(site);
  if (mirror !== 'Ok') restore();
  await site.relent();
  await site.recover();
  expect(await site.leaks()).toEqual([]);
}
