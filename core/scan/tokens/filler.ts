import { isExample } from './assignments/placeholder.ts';

/**
 * Whether a text that has a token's form is what people write into documentation: one character again and again, letters
 * or digits in a row, the word example. A random token has eight alike, or eight in a row, once in a billion.
 */
export function isFiller(token: string): boolean {
  // Zeros make AAAAAAAA of base64, in tokens that have a length or a number in them.
  return /([^A])\1{7}/.test(token) || isExample(token);
}
