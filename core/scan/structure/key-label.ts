const label = /^[a-z][a-z0-9]{0,20}(?:-[a-z0-9]{1,20}){1,8}$/;

/**
 * Whether a value only says which key is meant: `encryption-key: us-east-key-2` of a distribution policy names a public key
 * of a region. Words, one of which is `key` or all of which are plain; a real key has no such shape.
 */
export function isKeyLabel(name: string, value: string): boolean {
  if (name !== 'encryption-key' || !label.test(value)) return false;
  const words = value.split('-');
  return words.includes('key') || words.every((word) => /^(?:[a-z]+|\d{1,4})$/.test(word));
}
