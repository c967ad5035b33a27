import { invalid } from '../kit/attack.ts';
import type { Family } from '../kit/attack.ts';
import { publishIndex, publishListed, publishText } from '../kit/forge.ts';
import { notChecked, paths } from '../kit/peers.ts';
import type { Site } from '../kit/site.ts';

const snapshot = (replace: RegExp | string, by: string) => (site: Site) =>
  publishText(site, (text) => text.replace(replace, by));

/** The index of `production` with other text. */
const index = (change: (text: string) => string) => (site: Site) =>
  publishIndex(site, 'production', (entries) => change(JSON.stringify(entries)));

const sealed = (change: (text: string) => string) => async (site: Site) => {
  await site.publish();
  const file = 'secrets/production/db.yaml';
  const text = Buffer.from(site.channel.files.get(file)!).toString();
  publishListed(site, new Map([['production/db', Buffer.from(change(text))]]));
};

export const listing: Family = {
  title: 'A listing has two readings',
  attacker: 'A publisher whose signed bytes are odd: two readers may see two things in them.',
  test: 'test/attacks/format.test.ts',
  attacks: [
    {
      id: 'snapshot-duplicate-key',
      attack: 'names the region twice in the snapshot, ours last',
      peers: notChecked,
      expected: invalid('region'),
      strike: snapshot('"region":', '"region":"us-west","region":'),
    },
    {
      id: 'snapshot-duplicate-key-escaped',
      attack: 'names the sequence twice, once with an escape in its key',
      peers: notChecked,
      expected: invalid('.edgeseal/snapshot'),
      strike: snapshot('"sequence":', '"\\u0073equence":9,"sequence":'),
    },
    {
      id: 'snapshot-proto',
      attack: 'hides fields of the snapshot below __proto__',
      peers: notChecked,
      expected: invalid('__proto__'),
      strike: snapshot('{"indexes"', '{"__proto__":{"sequence":1},"indexes"'),
    },
    {
      id: 'snapshot-unknown-field',
      attack: 'adds a field to the snapshot',
      peers: notChecked,
      expected: invalid('zeal'),
      strike: snapshot(/\}$/, ',"zeal":1}'),
    },
    {
      id: 'snapshot-spaces',
      attack: 'writes the snapshot with spaces',
      peers: notChecked,
      expected: invalid('canonical'),
      strike: snapshot('"sequence":', '"sequence": '),
    },
    {
      id: 'snapshot-byte-order-mark',
      attack: 'begins the snapshot with a byte order mark',
      peers: notChecked,
      expected: invalid('.edgeseal/snapshot'),
      strike: snapshot(/^/, '\u00ef\u00bb\u00bf'),
    },
    {
      id: 'snapshot-not-utf-8',
      attack: 'signs a snapshot that is not UTF-8',
      peers: notChecked,
      expected: invalid('.edgeseal/snapshot'),
      strike: snapshot('us-east', 'us-\u00ffast'),
    },
    {
      id: 'snapshot-two-documents',
      attack: 'appends a second snapshot to the first',
      peers: notChecked,
      expected: invalid('.edgeseal/snapshot'),
      strike: (site) => publishText(site, (text) => text + text),
    },
    {
      id: 'snapshot-nested',
      attack: 'signs a snapshot of 5,000 nested brackets',
      peers: notChecked,
      expected: invalid('.edgeseal/snapshot'),
      strike: (site) => publishText(site, () => '['.repeat(5000) + ']'.repeat(5000)),
    },
    {
      id: 'snapshot-too-long',
      attack: 'signs a snapshot of 5 MiB',
      peers: notChecked,
      expected: invalid('.edgeseal/snapshot is too long'),
      strike: (site) => publishText(site, () => `"${'x'.repeat(5 * 1024 * 1024)}"`),
    },
    {
      id: 'namespace-twice',
      attack: 'lists a namespace twice',
      peers: notChecked,
      expected: invalid('not sorted by name, or not unique'),
      strike: snapshot(/"indexes":\[(\{[^}]*\})/, '"indexes":[$1,$1'),
    },
    {
      id: 'namespace-path',
      attack: 'lists the namespace ../../etc',
      peers: paths,
      expected: invalid('namespace'),
      strike: snapshot('"namespace":"production"', '"namespace":"../../etc"'),
    },
    {
      id: 'index-twice',
      attack: 'lists one name twice in an index',
      peers: notChecked,
      expected: invalid('not sorted by name, or not unique'),
      strike: index((text) => text.replace(/^\[(\{[^}]*\})/, '[$1,$1')),
    },
    {
      id: 'index-unsorted',
      attack: 'lists names in another order',
      peers: notChecked,
      expected: invalid('not sorted by name, or not unique'),
      strike: (site) => publishIndex(site, 'production', (entries) => entries.toReversed()),
    },
    {
      id: 'index-path',
      attack: 'lists the secret ../shop/witness',
      peers: paths,
      expected: invalid('name'),
      strike: index((text) => text.replace('"name":"db"', '"name":"../shop/witness"')),
    },
    {
      id: 'index-case',
      attack: 'lists DB beside db, one file where letters have no case',
      peers: notChecked,
      expected: invalid('name'),
      strike: index((text) =>
        text.replace(
          /^\[(\{.*?\})/,
          (_, one: string) => `[${one.replace('"name":"db"', '"name":"DB"')},${one}`,
        ),
      ),
    },
    {
      id: 'index-duplicate-key',
      attack: 'gives an entry two hashes',
      peers: notChecked,
      expected: invalid('.edgeseal/index/production'),
      strike: index((text) => text.replace('"sha256":', `"sha256":"${'0'.repeat(64)}","sha256":`)),
    },
    {
      id: 'index-size',
      attack: 'lists a size that is one too small',
      peers: notChecked,
      expected: invalid('its bytes were changed on the way'),
      strike: (site) =>
        publishIndex(site, 'production', (entries) =>
          entries.map((entry) => ({ ...entry, size: entry.size - 1 })),
        ),
    },
    {
      id: 'index-size-huge',
      attack: 'lists a size of 2^40 bytes',
      peers: notChecked,
      expected: invalid('lists a file of more than'),
      strike: (site) =>
        publishIndex(site, 'production', (entries) =>
          entries.map((entry) => ({ ...entry, size: 2 ** 40 })),
        ),
    },
    {
      id: 'index-version-0',
      attack: 'lists version 0',
      peers: notChecked,
      expected: invalid('version'),
      strike: index((text) => text.replace(/"version":\d+/, '"version":0')),
    },
    {
      id: 'secret-too-long',
      attack: 'lists a sealed secret of 5 MiB',
      peers: notChecked,
      expected: invalid('lists a file of more than'),
      strike: sealed((text) => `${text}# ${'x'.repeat(5 * 1024 * 1024)}\n`),
    },
  ],
};
