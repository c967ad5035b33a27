import type { TestChannel } from '../controller/channel.ts';

/** What a channel says of one secret: its version, and its values in plain text. */
export interface Said {
  version: number;
  values: Record<string, string>;
}

/** `namespace/name` -> what is published. */
export type Content = ReadonlyMap<string, Said>;

/** A publisher's hand, which notes down what each secret is to be. */
export class Script {
  readonly channel: TestChannel;
  #content = new Map<string, Said>();

  constructor(channel: TestChannel) {
    this.channel = channel;
  }

  get content(): Content {
    return new Map(this.#content);
  }

  /** Seals these values, all of them anew. */
  async seal(key: string, values: Record<string, string>): Promise<void> {
    const { spec } = await this.channel.seal(key, values);
    this.#content.set(key, { version: spec.version, values });
  }

  remove(key: string): void {
    this.channel.remove(key);
    this.#content.delete(key);
  }
}

type Step = (script: Script) => void | Promise<void>;

/** Something that a controller lives through: what was applied before, and what comes then. */
export interface Story {
  name: string;
  /** Each published and applied, without faults. */
  before: Step[];
  change: Step;
}

const items = (version: number, ...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, `made-up-${name}-of-${version}`]));

const five: Step = async (script) => {
  await script.seal('production/db', items(1, 'host', 'password', 'user'));
  await script.seal('production/api', items(1, 'token'));
  await script.seal('production/old', items(1, 'password'));
  await script.seal('staging/db', items(1, 'password', 'user'));
  await script.seal('staging/cert', items(1, 'ca', 'key'));
};

const firstSync: Story = { name: 'a first sync', before: [], change: five };

const update: Story = {
  name: 'an update of several secrets',
  before: [five],
  change: async (script) => {
    await script.seal('production/db', items(2, 'host', 'password', 'user'));
    await script.seal('production/api', items(2, 'token', 'url'));
    await script.seal('staging/cert', items(2, 'key'));
  },
};

const deletion: Story = {
  name: 'deletions, a whole namespace among them',
  before: [five],
  change: async (script) => {
    script.remove('production/old');
    script.remove('staging/db');
    script.remove('staging/cert');
    await script.seal('production/db', items(2, 'password'));
  },
};

const rootChange: Story = {
  name: 'a change of the trust root',
  before: [five],
  change: async (script) => {
    script.channel.makeRoot((spec) => {
      spec.authors[0]!.namespaces = ['production', 'staging'];
    });
    await script.seal('production/db', items(2, 'host', 'password', 'user'));
  },
};

const large = (version: number, kib: number): Record<string, string> => ({
  blob: `made-up-${version}-`.padEnd(kib * 1024, 'x'),
});

/** The one pack is large and more than half of it is replaced, so the store is written anew. */
const compaction: Story = {
  name: 'the store being compacted',
  before: [
    async (script) => {
      for (const name of ['a', 'b', 'c', 'd']) await script.seal(`bulk/${name}`, large(1, 300));
    },
  ],
  change: async (script) => {
    for (const name of ['a', 'b', 'c']) await script.seal(`bulk/${name}`, large(2, 1));
  },
};

export const stories: readonly Story[] = [firstSync, update, deletion, rootChange, compaction];
