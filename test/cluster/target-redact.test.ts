import { expect, it } from 'vitest';
import { redact } from '../../controller/targets/kubernetes/redact.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

it('takes values out of what a server says, however it writes them', () => {
  const value = 'made-up "value"\nof two lines';
  const forms = [
    value,
    JSON.stringify(value),
    Buffer.from(value).toString('base64'),
    Buffer.from(value).toString('hex'),
    encodeURIComponent(value),
    // Cut off, as messages are.
    value.slice(0, 12),
    Buffer.from(value).toString('base64').slice(4, 20),
  ];
  for (const form of forms) {
    const shown = redact(`webhook: ${form} is weak`, [bytes(value)]);
    expect(shown).toMatch(/^webhook: "?\[secret\]"? ?is weak$/);
  }
});

it('takes short values out where they stand alone, and leaves what people need to read', () => {
  const message =
    'secrets "db" is forbidden: exceeded quota: few, used: 12, limited: 1; pin 4711, x4711y';
  expect(redact(message, [bytes('1'), bytes('4711'), bytes('')])).toBe(
    'secrets "db" is forbidden: exceeded quota: few, used: 12, limited: [secret]; pin [secret], x[secret]y',
  );
  expect(redact(message, [bytes('nothing of it'), Uint8Array.of(0xff, 0xfe, 0xd8)])).toBe(message);
});

it('takes no time with the largest Secret', () => {
  const large = bytes('ab'.repeat(512 * 1024));
  expect(redact('abababababab', [large])).toBe('[secret]');
});
