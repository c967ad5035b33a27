import { describe, expect, it } from 'vitest';
import { EdgesealError } from '../../core/errors.ts';
import type { RegionReview, SecretReview } from '../../cli/review/model.ts';
import { regionTable } from '../../cli/review/report/region-table.ts';

const none = {
  regionsAdded: [],
  regionsRemoved: [],
  added: [],
  removed: [],
  replaced: [],
  unchanged: [],
  template: [],
};

function secret(name: string, author?: string): SecretReview {
  const state = (version: number): NonNullable<SecretReview['after']> => ({
    version,
    type: 'Opaque',
    regions: [],
    signatures: [],
    authors: author === undefined ? [] : [author],
  });
  const unsigned = new EdgesealError('trust-author', 'it is not signed');
  return {
    kind: 'changed',
    namespace: 'production',
    name,
    file: `secrets/production/${name}.yaml`,
    movedFrom: undefined,
    before: state(1),
    after: state(2),
    difference: none,
    template: [],
    wrapsAdded: [],
    wrapsDropped: [],
    exposed: [],
    newlyExposed: [],
    mayWrite: [],
    findings: author === undefined ? [{ level: 'error', error: unsigned }] : [],
    items: { before: new Map(), after: new Map() },
  };
}

/** A region in which one item of each secret is replaced. */
function region(name: string, secrets: readonly SecretReview[]): RegionReview {
  const effects = secrets.map((one) => ({
    secret: one,
    kind: 'changed' as const,
    added: [],
    replaced: ['password'],
    removed: [],
    template: [],
  }));
  return { region: name, effects, forecast: undefined, held: [] };
}

const many = Array.from({ length: 30 }, (_, i) => secret(`service-${i}`, 'author@example.com'));

describe('the table of regions', () => {
  it('names every region, and of many secrets alike how many there are', () => {
    const regions = Array.from({ length: 20 }, (_, i) => region(`edge-${i}`, many));
    const table = regionTable([...regions, region('idle', [])]);
    for (const { region: name } of regions) expect(table).toContain(`**${name}**`);
    expect(table).toContain('**30 secrets**<br>`production/service-0`');
    expect(table).toContain('and 26 more | new value of `password` | ✅ `author@example.com` |');
    expect(table).toContain('No secret changes for **idle**.');
    expect(table.split('\n')).toHaveLength(5);
  });

  it('does not take two regions for one where only the secrets that are not named differ', () => {
    const others = [...many.slice(0, 29), secret('another', 'author@example.com')];
    const table = regionTable([region('us-east', many), region('us-west', others)]);
    expect(table).not.toContain('**us-east**<br>**us-west**');
    expect(table.split('\n')).toHaveLength(4);
  });

  it('puts what nobody has signed first', () => {
    const table = regionTable([region('us-east', [...many, secret('zz')])]);
    const [, , first = '', second = ''] = table.split('\n');
    expect(first).toContain('| **us-east** | `production/zz`<br>version 1 → 2 |');
    expect(first).toContain('✍️ nobody yet');
    expect(second).toContain('|  | **30 secrets**');
  });

  it('stays short where every region gets something else', () => {
    const regions = Array.from({ length: 100 }, (_, i) =>
      region(`edge-${i}`, [secret(`only-${i}`, `author-${i}@example.com`)]),
    );
    const table = regionTable(regions);
    expect(table.split('\n').length).toBeLessThan(110);
    expect(table).toContain('| **edge-99** |  | 1 change: see below |  |');
  });
});
