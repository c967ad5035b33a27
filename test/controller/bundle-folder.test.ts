import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Status } from '../../controller/status/status.ts';
import { TestChannel } from './channel.ts';
import { condition, Edge, mirrorState } from './edge.ts';

/** A controller whose one mirror is a folder that sticks are put into. */
async function watching(): Promise<{ edge: Edge; stick: string; carry: Carry }> {
  const channel = await TestChannel.make();
  const stick = join(channel.folder, 'media/usb');
  const edge = await Edge.make({ channel, mirrors: [stick] });
  let at = Date.parse('2026-01-01T00:00:00Z') / 1000;
  const carry: Carry = async (name, value) => {
    if (value !== undefined) {
      if (channel.secrets.has('production/db'))
        await channel.set('production/db', { password: value });
      else await channel.seal('production/db', { password: value });
      channel.publish();
    }
    mkdirSync(stick, { recursive: true });
    const path = join(stick, name);
    channel.bundle(path);
    utimesSync(path, at, at);
    at += 60;
    return path;
  };
  return { edge, stick, carry };
}
type Carry = (name: string, value?: string) => Promise<string>;

const said = (status: Status): string | undefined => status.mirrors[0]?.message;
const refusals = (edge: Edge): string[] =>
  edge.logged('bundle refused').map(({ file, message }) => `${String(file)}: ${String(message)}`);

describe('a folder that bundles are dropped into', () => {
  it('is quietly out of reach while no stick is there, and seen within an interval once one is', async () => {
    const { edge, stick, carry } = await watching();
    for (let i = 0; i < 4; i += 1) {
      const status = await edge.round();
      expect(mirrorState(status, 'usb')).toBe('Unreachable');
      expect(said(status)).toContain('the folder is not there, or not mounted');
      expect(condition(status, 'Reachable')).toBe('False Unreachable');
    }
    expect(edge.logged('mirror')).toHaveLength(1);
    mkdirSync(stick, { recursive: true });
    expect(said(await edge.round())).toContain('no bundle in it, or not mounted');
    await carry('us-east.bundle', 'made-up-1');
    const there = await edge.round();
    expect([condition(there, 'Ready'), mirrorState(there, 'usb')]).toEqual(['True Applied', 'Ok']);
    expect(edge.value('production/db')).toBe('made-up-1');
    expect(edge.logged('snapshot accepted')[0]).toMatchObject({
      mirror: 'usb',
      file: 'us-east.bundle',
    });
    rmSync(stick, { recursive: true });
    const gone = await edge.round();
    expect([condition(gone, 'Ready'), mirrorState(gone, 'usb')]).toEqual([
      'True Applied',
      'Unreachable',
    ]);
    await carry('us-east.bundle', 'made-up-2');
    expect(condition(await edge.round(), 'Ready')).toBe('True Applied');
    expect(edge.value('production/db')).toBe('made-up-2');
  });

  it('takes the newest snapshot, whatever its file is called or how old it is', async () => {
    const { edge, stick, carry } = await watching();
    await carry('a.bundle', 'made-up-1');
    await carry('b.bundle', 'made-up-2');
    const newest = await carry('c.bundle', 'made-up-3');
    utimesSync(newest, 1, 1);
    const status = await edge.round();
    expect(edge.value('production/db')).toBe('made-up-3');
    expect([mirrorState(status, 'usb'), condition(status, 'Degraded')]).toEqual([
      'Ok',
      'False AsExpected',
    ]);
    expect(refusals(edge).sort()).toEqual([
      'a.bundle: it holds snapshot 1, and 3 is accepted',
      'b.bundle: it holds snapshot 2, and 3 is accepted',
    ]);
    expect(edge.value('production/db')).toBe('made-up-3');
    // An idle round fetches nothing and says nothing.
    const { fetches } = (await edge.start()).counters.of('usb');
    const lines = edge.lines.length;
    await edge.round();
    expect((await edge.start()).counters.of('usb').fetches).toBe(fetches);
    expect(edge.lines).toHaveLength(lines);
    expect(statSync(join(stick, 'c.bundle')).size).toBeGreaterThan(0);
  });

  it('refuses an older bundle by name: its snapshot, and ours', async () => {
    const { edge, stick, carry } = await watching();
    const old = await carry('us-east.bundle', 'made-up-1');
    const kept = `${old}.kept`;
    copyFileSync(old, kept);
    await edge.round();
    rmSync(old);
    await carry('us-east-2.bundle', 'made-up-2');
    await edge.round();
    expect(edge.value('production/db')).toBe('made-up-2');
    rmSync(join(stick, 'us-east-2.bundle'));
    renameSync(kept, old);
    const status = await edge.round();
    expect(mirrorState(status, 'usb')).toBe('Rollback');
    expect(said(status)).toBe('us-east.bundle holds snapshot 1, and it has served 2 before');
    expect(condition(status, 'Verified')).toBe('False NothingValid');
    expect(refusals(edge)).toEqual(['us-east.bundle: it holds snapshot 1, and 2 is accepted']);
    // Also by a controller that has forgotten who served what.
    await edge.stop();
    rmSync(edge.path('store/contact.json'));
    const again = await edge.round();
    expect(said(again)).toBe('us-east.bundle holds snapshot 1, accepted is 2');
    expect(edge.value('production/db')).toBe('made-up-2');
  });

  it('waits for a file that is still being copied, and goes on with the others', async () => {
    const { edge, stick, carry } = await watching();
    await carry('good.bundle', 'made-up-1');
    const whole = await carry('new.bundle', 'made-up-2');
    const bytes = readFileSync(whole);
    for (const part of [0, 20, Math.floor(bytes.length / 2), bytes.length - 1]) {
      writeFileSync(whole, bytes.subarray(0, part));
      const status = await edge.round();
      expect([condition(status, 'Ready'), mirrorState(status, 'usb')]).toEqual([
        'True Applied',
        'Ok',
      ]);
      expect(edge.value('production/db')).toBe('made-up-1');
      expect(said(status)).toMatch(/^good\.bundle is fine; not so new\.bundle: /);
    }
    // Some programs take all the room first, and fill it in then.
    truncateSync(whole, 0);
    truncateSync(whole, bytes.length);
    await edge.round();
    writeFileSync(whole, bytes);
    const status = await edge.round();
    expect(edge.value('production/db')).toBe('made-up-2');
    expect(said(status)).toBeUndefined();
    rmSync(join(stick, 'good.bundle'));
    truncateSync(whole, 20);
    const alone = await edge.round();
    expect([mirrorState(alone, 'usb'), said(alone)]).toEqual([
      'Invalid',
      expect.stringMatching(/^new\.bundle: /),
    ]);
    expect(edge.value('production/db')).toBe('made-up-2');
  });

  it('is not led astray by what else lies there', async () => {
    const { edge, stick, carry } = await watching();
    const other = await TestChannel.make('us-west');
    await other.seal('production/db', { password: 'made-up-west' });
    other.publish();
    const real = await carry('us-east.bundle', 'made-up-1');
    other.bundle(join(stick, 'us-west.bundle'));
    other.delete();
    symlinkSync(real, join(stick, 'link.bundle'));
    symlinkSync('/dev/zero', join(stick, 'endless.bundle'));
    execFileSync('mkfifo', [join(stick, 'pipe.bundle')]);
    mkdirSync(join(stick, 'folder.bundle'));
    writeFileSync(join(stick, '._us-east.bundle'), 'left by another system');
    writeFileSync(join(stick, 'two\nlines.bundle'), 'not one');
    writeFileSync(join(stick, 'huge.bundle'), '');
    truncateSync(join(stick, 'huge.bundle'), 2 ** 40);
    for (let i = 0; i < 20; i += 1) writeFileSync(join(stick, `letter-${i}.txt`), 'x');
    const status = await edge.round();
    expect([condition(status, 'Ready'), mirrorState(status, 'usb')]).toEqual([
      'True Applied',
      'Ok',
    ]);
    expect(edge.value('production/db')).toBe('made-up-1');
    const named = refusals(edge).sort();
    expect(named.map((line) => line.split(': ')[0])).toEqual([
      ...['endless.bundle', 'folder.bundle', 'huge.bundle', 'link.bundle', 'pipe.bundle'],
      'two?lines.bundle',
    ]);
    expect(named.find((line) => line.startsWith('huge'))).toContain('spec.limits.packSize');
    expect(named.find((line) => line.startsWith('pipe'))).toContain('not a regular file');
    // One that claims our region, and is somebody else's.
    const forged = await TestChannel.make();
    await forged.seal('production/db', { password: 'made-up-forged' });
    forged.publish();
    forged.bundle(join(stick, 'zz.bundle'));
    forged.delete();
    const after = await edge.round();
    expect([mirrorState(after, 'usb'), edge.value('production/db')]).toEqual(['Ok', 'made-up-1']);
    expect(refusals(edge).at(-1)).toMatch(/^zz\.bundle: .*root/);
    // Nothing else of this region there: then it is what the folder is judged by.
    rmSync(real);
    const worse = await edge.round();
    expect(mirrorState(worse, 'usb')).toBe('Invalid');
    expect(edge.value('production/db')).toBe('made-up-1');
  });

  it('with bundles of other regions alone has no channel yet', async () => {
    const { edge, stick } = await watching();
    const other = await TestChannel.make('us-west');
    await other.seal('production/db', { password: 'made-up-west' });
    other.publish();
    mkdirSync(stick, { recursive: true });
    other.bundle(join(stick, 'us-west.bundle'));
    other.delete();
    expect(mirrorState(await edge.round(), 'usb')).toBe('Empty');
  });

  it('may be a repository the next time', async () => {
    const { edge, stick, carry } = await watching();
    await carry('us-east.bundle', 'made-up-1');
    await edge.round();
    rmSync(stick, { recursive: true });
    await edge.channel.set('production/db', { password: 'made-up-2' });
    edge.channel.publish();
    execFileSync('git', ['clone', '-q', '--mirror', edge.channel.path, stick]);
    const status = await edge.round();
    expect([mirrorState(status, 'usb'), said(status)]).toEqual(['Ok', undefined]);
    expect(edge.value('production/db')).toBe('made-up-2');
  });
});
