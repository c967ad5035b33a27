import type { TokenRule } from '../rule.ts';

/** JSON Web Tokens that are signed: whoever has one may do what it says, until it ends. */
export const jwt: TokenRule = {
  id: 'jwt',
  title: 'a JSON Web Token',
  source: 'https://www.rfc-editor.org/rfc/rfc7519',
  remedy:
    'end the session or replace the key that signed it; a token that has ended tells what its claims say',
  keywords: ['eyj', 'ewog', 'eyai'],
  before: 0,
  after: 8000,
  pattern:
    /(?:(?<![A-Za-z0-9_.-])|(?<=\\[nrt]))(?:eyJ|ewog|eyAi)[A-Za-z0-9_-]{8,2000}\.(?:eyJ|ewog|eyAi)[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{20,1500}(?![A-Za-z0-9_.-])/dg,
  check: isSigned,
  generic: true,
};

function isSigned(token: string): boolean {
  const [header = '', payload = ''] = token.split('.');
  const { alg } = decoded(header);
  if (typeof alg !== 'string' || alg.toLowerCase() === 'none') return false;
  const { sub, name, iss, role } = decoded(payload);
  // Meant to be shipped to browsers: what it may do is what anybody may.
  if (iss === 'supabase' && role === 'anon') return false;
  // What jwt.io shows to everybody, and what is made from it.
  return !(sub === '1234567890' && (name === 'John Doe' || name === undefined));
}

function decoded(part: string): Record<string, unknown> {
  try {
    const value = JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // Two words that begin like JSON in base64, and are none.
    return {};
  }
}
