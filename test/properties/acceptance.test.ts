import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { secretPath } from '../../core/format/names.ts';
import { channelPaths } from '../../core/format/snapshot.ts';
import type { Status } from '../../controller/status/status.ts';
import { TestSigner } from '../controller/channel.ts';
import type { TestChannel } from '../controller/channel.ts';
import { Edge } from '../controller/edge.ts';
import { patienceMs, runs } from './settings.ts';

type Lie =
  'stranger publishes' | 'bytes' | 'index' | 'stranger writes' | 'second history' | 'old secret';
const secret = fc.constantFrom('production/a', 'production/b', 'staging/c');
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ publish: secret }) },
  fc.record({ remove: secret }),
  fc.constant({ root: true } as const),
  {
    weight: 3,
    arbitrary: fc.record({
      lie: fc.constantFrom<Lie>(
        ...(['stranger publishes', 'bytes', 'index'] as const),
        ...(['stranger writes', 'second history', 'old secret'] as const),
      ),
      about: secret,
      at: fc.constantFrom('a', 'b'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ serve: fc.nat(20), at: fc.constantFrom('a', 'b') }) },
  fc.constant({ round: 'restart' } as const),
  fc.constant({ round: 'without store' } as const),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A channel, two mirrors that serve any commit that was ever made, and what may be believed. */
class Course {
  readonly edge: Edge;
  readonly channel: TestChannel;
  readonly #commits: string[] = [];
  readonly #versions = new Map<string, number>();
  /** What the author sealed, by name and version. */
  readonly #sealed = new Map<string, Map<number, string>>();
  readonly #applied = new Map<string, number>();
  readonly #stranger = new TestSigner();
  #mark = { root: 0, sequence: 0 };

  constructor(edge: Edge) {
    this.edge = edge;
    this.channel = edge.channel;
  }

  async seal(name: string): Promise<void> {
    const version = (this.#versions.get(name) ?? 0) + 1;
    this.#versions.set(name, version);
    const value = `made-up ${name} ${version}`;
    const all = this.#sealed.get(name) ?? new Map<number, string>();
    this.#sealed.set(name, all.set(version, value));
    await this.channel.seal(name, { password: value }, { version });
  }

  /** Publishes honestly, to mirror a and, as `b` copies, there. */
  publish(): void {
    this.#commits.push(this.channel.publish());
    this.serve(this.#commits.length - 1, 'a');
    this.serve(this.#commits.length - 1, 'b');
  }

  serve(index: number, at: string): void {
    const commit = this.#commits[index % this.#commits.length];
    const path = join(this.channel.folder, at === 'a' ? 'served-a' : 'served-b', 'secrets.git');
    execFileSync('git', [
      ...['-C', this.channel.path, 'push', '-q', '-f', path],
      `${commit ?? ''}:${this.channel.ref}`,
    ]);
  }

  async lie(lie: Lie, about: string, at: string): Promise<void> {
    const { channel } = this;
    const head = channel.head()!;
    const kept = channel.files;
    const back = channel.fork();
    const before = channel.secrets.get(about);
    const [namespace = '', name = ''] = about.split('/');
    const put = (bytes: string, path: string) => (files: Map<string, Uint8Array>) => {
      files.set(path, Buffer.from(bytes));
    };
    const evil = async (author: TestSigner, version: number): Promise<void> => {
      await channel.seal(about, { password: 'evil' }, { author, version });
    };
    const next = (this.#versions.get(about) ?? 0) + 1;
    if (lie === 'stranger publishes') channel.publish({ publisher: this.#stranger });
    else if (lie === 'bytes')
      channel.publish({ files: put('evil: true\n', secretPath(namespace, name)) });
    else if (lie === 'index') channel.publish({ files: put('[]', channelPaths.index(namespace)) });
    else if (lie === 'stranger writes') {
      await evil(this.#stranger, next);
      channel.publish();
    } else if (lie === 'second history')
      channel.publish({ snapshot: (one) => ({ ...one, source: 'd'.repeat(40) }) });
    else {
      await evil(this.#stranger, Math.max(1, next - 2));
      channel.publish();
    }
    this.#commits.push(channel.head()!);
    this.serve(this.#commits.length - 1, at);
    // The people go on from where they were.
    back();
    if (before === undefined) channel.remove(about);
    else channel.put(before);
    channel.reset(head);
    channel.commit(kept);
  }

  async take(one: Step): Promise<void> {
    if ('publish' in one) {
      await this.seal(one.publish);
      this.publish();
    } else if ('remove' in one) {
      this.channel.remove(one.remove);
      this.publish();
    } else if ('root' in one) {
      this.channel.makeRoot();
      this.publish();
    } else if ('lie' in one) await this.lie(one.lie, one.about, one.at);
    else if ('serve' in one) this.serve(one.serve, one.at);
    else {
      await this.edge.stop();
      if (one.round === 'without store') this.edge.forgetStore();
    }
  }

  /** One round, long after the last one; then what must hold whatever anybody did. */
  async round(): Promise<Status> {
    this.edge.now += 24 * 3600_000;
    const status = await this.edge.round();
    const { root, snapshot } = status;
    if (root !== null && snapshot !== null) {
      const order = root.number - this.#mark.root || snapshot.sequence - this.#mark.sequence;
      expect(order, 'goes back').toBeGreaterThanOrEqual(0);
      this.#mark = { root: root.number, sequence: snapshot.sequence };
    }
    for (const name of this.edge.applied) {
      const value = this.edge.value(name);
      const found = [...(this.#sealed.get(name) ?? [])].find(([, sealed]) => sealed === value);
      expect(found, `${name} is ${String(value)}, which nobody signed`).toBeDefined();
      const version = found?.[0] ?? 0;
      expect(version, `${name} goes back`).toBeGreaterThanOrEqual(this.#applied.get(name) ?? 0);
      this.#applied.set(name, version);
    }
    return status;
  }

  /** What is listed, as the people mean it. */
  get wanted(): Record<string, string> {
    const listed = [...this.channel.secrets.keys()].sort();
    return Object.fromEntries(
      listed.map((name) => [
        name,
        this.#sealed.get(name)?.get(this.#versions.get(name) ?? 0) ?? '',
      ]),
    );
  }
}

it(
  'whatever mirrors serve and strangers sign, nothing goes back, nothing unsigned is applied, and in the end it is the channel',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 8 }), async (steps) => {
        const edge = await Edge.make({ isShared: true });
        try {
          for (const at of ['served-a', 'served-b'])
            execFileSync('git', [
              'init',
              '-q',
              '--bare',
              join(edge.channel.folder, at, 'secrets.git'),
            ]);
          const mirrors = ['served-a', 'served-b'];
          edge.configure({ mirrors });
          const course = new Course(edge);
          await course.seal('production/a');
          course.publish();
          await course.round();
          for (const one of steps) {
            await course.take(one);
            await course.round();
          }
          // Of a second history at most one snapshot was accepted: the third one from here is well above it.
          for (let i = 0; i < 3; i += 1) {
            await course.seal('production/a');
            course.publish();
          }
          await course.round();
          const status = await course.round();
          const values = Object.fromEntries(edge.applied.map((name) => [name, edge.value(name)]));
          expect(values, JSON.stringify(status.conditions)).toEqual(course.wanted);
        } finally {
          await edge.remove();
        }
      }),
      runs(7, 120),
    );
  },
  patienceMs,
);
