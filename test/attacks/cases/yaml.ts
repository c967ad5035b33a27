import { emitYaml } from '../../../core/format/block-yaml.ts';
import { formatEdgeSecret } from '../../../core/format/edge-secret.ts';
import type { Family, SecretAttack } from '../kit/attack.ts';
import { notChecked } from '../kit/peers.ts';
import type { Peers } from '../kit/peers.ts';

/** Nested aliases: nine lines that stand for 9^9 values. */
const BOMB = Array.from({ length: 9 }, (_, i) => {
  const items = Array(9).fill(i === 0 ? 'x' : `*a${i - 1}`);
  return `a${i}: &a${i} [${items.join(', ')}]\n`;
}).join('');

const merge: Peers = {
  sealedSecrets: 'reads objects from the API server, which has read the YAML',
  flux: 'kustomize reads the YAML; what it makes of this was not checked',
};

/** A sealed file whose text an entitled publisher lists as it is. */
function yaml(
  id: string,
  attack: string,
  change: (text: string) => string,
  says: string,
  peers: Peers = merge,
  encoding: BufferEncoding = 'utf8',
): SecretAttack {
  return {
    id,
    attack,
    peers,
    expected: { secrets: { [`production/${id}`]: 'Malformed' }, says },
    forge: (_, next) => Buffer.from(change(formatEdgeSecret(next)), encoding),
  };
}

const add = (lines: string) => (text: string) => `${text}${lines}`;

export const yamlFamily: Family<SecretAttack> = {
  title: 'A sealed file is hostile YAML',
  attacker: 'A publisher, or an author whose file a publisher took as it was.',
  test: 'test/attacks/format.test.ts',
  attacks: [
    yaml('alias-bomb', 'nine lines of aliases that stand for 9^9 values', add(BOMB), 'anchor'),
    yaml('nested-brackets', '5,000 nested brackets', () => '['.repeat(5000), 'nest'),
    yaml('nested-maps', '5,000 nested maps', () => '{a: '.repeat(5000) + '}'.repeat(5000), 'nest'),
    yaml(
      'duplicate-key',
      'a second metadata',
      add('metadata: {name: db}\n'),
      ': a key that the mapping has already',
    ),
    yaml(
      'duplicate-item',
      'an item that is there twice, once in other quotes',
      (text) => text.replace(/( +)(password: .*\n)/, '$1"password": QUJD\n$1$2'),
      ': a key that the mapping has already',
    ),
    yaml('proto', 'a key __proto__', add('__proto__: {spec: {version: 1}}\n'), '__proto__'),
    yaml(
      'proto-item',
      'an item __proto__ that is a map',
      (text) => text.replace(/( +)(password: )/, '$1__proto__: {polluted: 1}\n$1$2'),
      '__proto__',
    ),
    yaml('tag', 'a tag that asks for code', add('x: !!js/function "function(){}"\n'), 'tag'),
    yaml('local-tag', 'a tag of an application', add('x: !secret y\n'), 'tag'),
    yaml('documents', 'a second document', (text) => `${text}---\n${text}`, 'document'),
    yaml('merge-key', 'a merge key', add('<<: {spec: {version: 1}}\n'), '<<'),
    yaml('anchor', 'an anchor', (text) => text.replace('spec:', 'spec: &a'), 'anchor'),
    yaml(
      'number-as-id',
      'a key id that reads as a number: 1e411429',
      (text) => text.replace(/key: .*/, 'key: 1e411429'),
      'number',
    ),
    yaml(
      'number-as-value',
      'a number in the place of base64',
      (text) => text.replace(/password: .*/, 'password: 1234'),
      'quote it',
    ),
    yaml(
      'number-as-name',
      'a number in the place of a name',
      (text) => text.replace(/name: .*/, 'name: 0x10'),
      'number',
    ),
    yaml(
      'base64-two-ways',
      'base64 with set bits behind its end: two texts of one value',
      (text) =>
        text.replace(
          /(commitment: .*)(.)=/,
          (_, head: string, last: string) =>
            `${head}${String.fromCharCode(last.charCodeAt(0) + 1)}=`,
        ),
      'base64',
    ),
    yaml(
      'hidden-break',
      'a line break that only some readers see',
      add('# x\u0085y: 1\n'),
      'a control character',
    ),
    yaml('carriage-return', 'a lone carriage return', add('# x\ry: 1\n'), 'a control character'),
    yaml('nul', 'a NUL', add('# \0\n'), 'a control character'),
    yaml('not-utf-8', 'bytes that are not UTF-8', add('# \u00ff\n'), 'UTF-8', merge, 'latin1'),
    yaml('empty', 'an empty file', () => '', 'empty'),
    yaml(
      'json-array',
      'a list in the place of an object',
      () => '[]\n',
      'expected object, received array',
    ),
    yaml(
      'unknown-field',
      'a field that nobody knows',
      (text) => text.replace('spec:\n', 'spec:\n  adminOf: everything\n'),
      'adminOf',
    ),
    yaml(
      'another-kind',
      'a plain Secret in the place of a sealed one',
      () => emitYaml({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db' } }),
      'expected "edgeseal.dev/v1alpha1"',
      notChecked,
    ),
    yaml(
      'merge-conflict',
      'the marks of a merge conflict',
      (text) => `<<<<<<< HEAD\n${text}=======\n${text}>>>>>>> other\n`,
      'conflict',
    ),
    yaml(
      'suite-2',
      'a suite that is not there yet',
      (text) => text.replace('suite: 1', 'suite: 2'),
      'suite',
    ),
    yaml(
      'version-2-53',
      'version 2^53, so that no other can follow',
      (text) => text.replace(/version: \d+/, 'version: 9007199254740992'),
      'number',
    ),
  ],
};
