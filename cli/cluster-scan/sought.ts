import type { KubeObject } from '../../core/kube/watch.ts';

/** A Secret as the API gives it. */
export interface SecretObject extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}

/** A value that must not stand anywhere but in its Secret. */
export interface Sought {
  secret: string;
  item: string;
  value: Buffer;
}

/** What a Secret gives the search. */
export interface SecretValues {
  sought: Sought[];
  /** Items that are not looked for: too short, or no secret by what they are. */
  passedOver: number;
}

/** A release of Helm holds whole manifests, compressed; what is secret in it lies in Secrets of its own. */
const otherTypes = /^helm\.sh\//;

/** Items that are public, or that every client of the service is configured with. */
const publicItems =
  /^(?:ca|.*[-_.]?ca)?\.?(?:crt|cert|pem\.pub|pub)$|\.(?:crt|cer|csr|pub)$|^(?:user(?:[-_]?name)?|login|host(?:name)?|port|server|endpoint|region|database|db(?:[-_]?name)?|namespace|sslmode|bucket|type|scheme|protocol|engine)$/i;
const secretItem = /pass|pwd|secret|token|key|credential/i;

const shortestNamed = 6;
const shortest = 8;
const longestWhole = 64 * 1024;
/** Of a long text so many pieces are looked for. */
const mostPieces = 200;

/**
 * What is looked for of one Secret: each value, and of one with parts (a connection URL, a docker configuration, a file of
 * settings, a private key) the parts that are secret, since a log seldom has the whole.
 */
export function soughtValues(secret: SecretObject): SecretValues {
  const found: SecretValues = { sought: [], passedOver: 0 };
  if (otherTypes.test(secret.type ?? '')) return found;
  const name = `${secret.metadata.namespace ?? ''}/${secret.metadata.name}`;
  for (const [item, encoded] of Object.entries(secret.data ?? {})) {
    const values = publicItems.test(item) ? [] : partsOf(item, Buffer.from(encoded, 'base64'));
    if (values.length === 0) found.passedOver += 1;
    for (const value of values) found.sought.push({ secret: name, item, value });
  }
  return found;
}

function partsOf(item: string, bytes: Buffer): Buffer[] {
  const text = bytes.toString('utf8');
  if (!Buffer.from(text).equals(bytes))
    return bytes.length < shortest || bytes.length > longestWhole ? [] : [bytes];
  const whole = text.trim();
  const parts = new Set<string>();
  const add = (part: string): void => {
    if (isDistinct(item, part)) parts.add(part);
  };
  if (whole.length <= longestWhole && !isCertificate(whole)) add(whole);
  for (const part of [...ofUrl(whole), ...ofJson(whole), ...ofLines(whole)].slice(0, mostPieces))
    add(part);
  return [...parts].map((part) => Buffer.from(part));
}

/** A value that every second line of a log has says nothing. */
function isDistinct(item: string, value: string): boolean {
  if (value.length < (secretItem.test(item) ? shortestNamed : shortest)) return false;
  if (/^(.)\1*$/s.test(value)) return false;
  // One word of small letters, a number, a version or an address is a name of something far more often than a secret.
  if (secretItem.test(item)) return !/^(?:true|false|enabled|disabled|default)$/i.test(value);
  if (/^[a-z]+(?:[-_.][a-z]+)*$/.test(value) && value.length < 20) return false;
  return !/^[\d.:/-]+$/.test(value) && !/^[a-z]+:\/\/[^@]*$/i.test(value);
}

function isCertificate(text: string): boolean {
  return text.includes('-----BEGIN CERTIFICATE') && !text.includes('PRIVATE KEY');
}

function ofUrl(text: string): string[] {
  const parts: string[] = [];
  for (const [, , password = ''] of text.matchAll(
    /[a-z][a-z0-9+.-]{1,30}:\/\/([^\s:@/]{0,200}):([^\s@/]{1,500})@/gi,
  )) {
    if (password.length < shortestNamed) continue;
    parts.push(password);
    try {
      parts.push(decodeURIComponent(password));
    } catch {
      // No percent encoding, then: it stands as it is.
    }
  }
  return parts;
}

/** Texts in JSON whose names say that they are secret: `auths`, a service account's key. */
function ofJson(text: string): string[] {
  if (!/^[{[]/.test(text)) return [];
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return [];
  }
  const parts: string[] = [];
  const walk = (value: unknown, key: string, depth: number): void => {
    if (typeof value === 'string') {
      if (secretItem.test(key) || key === 'auth') parts.push(value, ...ofLines(value));
    } else if (typeof value === 'object' && value !== null && depth < 20) {
      for (const [name, inner] of Object.entries(value)) walk(inner, name, depth + 1);
    }
  };
  walk(json, '', 0);
  return parts;
}

/** A log breaks at line ends: a key's lines, and the random-looking words of a file of settings, by themselves. */
function ofLines(text: string): string[] {
  if (!text.includes('\n')) return [];
  const secret = text.replace(/-----BEGIN (CERTIFICATE|PUBLIC KEY)-----[^-]*-----END \1-----/g, '');
  return secret
    .split(/[\s'"=,;:]+/)
    .filter((word) => word.length >= 12 && /[A-Z]/i.test(word) && /\d/.test(word))
    .filter((word) => !/^[a-z][\w.-]*\/[\w./-]*$/.test(word));
}
