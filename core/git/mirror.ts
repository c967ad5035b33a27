import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EdgesealError } from '../errors.ts';

/** Where a channel can be fetched from, as the operator wrote it. */
export interface MirrorSpec {
  /** What status and errors call it. */
  name: string;
  /** `https://`, `http://`, `file://`, a directory that holds a repository or bundles, or a `*.bundle` file. */
  url: string;
  username?: string | undefined;
  password?: string | undefined;
  /** Bearer token; not together with username and password. */
  token?: string | undefined;
  /** Certificate authority to trust for this mirror instead of the system's, PEM. */
  ca?: string | undefined;
}

/** A mirror, checked. */
export type Mirror =
  | {
      kind: 'http';
      name: string;
      /** Without credentials, query, fragment and trailing slash. */
      url: URL;
      /** Value of the Authorization header. */
      authorization: string | undefined;
      ca: string | undefined;
    }
  | { kind: 'directory'; name: string; path: string }
  | { kind: 'bundle'; name: string; path: string };

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u;

/**
 * Checks a mirror's URL and takes credentials out of it.
 *
 * @throws EdgesealError `git-mirror` for control characters, another scheme, or credentials that contradict each other
 */
export function parseMirror(spec: MirrorSpec): Mirror {
  const { name, url } = spec;
  const refuse = (what: string, hint?: string): EdgesealError =>
    new EdgesealError('git-mirror', `mirror ${name}: ${what}`, { file: displayUrl(url), hint });
  for (const text of [url, spec.username, spec.password, spec.token]) {
    if (text !== undefined && CONTROL.test(text)) {
      throw refuse('control characters in the url or the credentials');
    }
  }
  if (url === '') throw refuse('the url is empty');
  if (!/^[a-z][a-z0-9+.-]*:\/\//iu.test(url)) {
    // What git takes for an address of ssh: it would be looked for as a folder.
    if (/^[^/]*:/u.test(url))
      throw refuse('ssh is not supported', 'use https, a directory (./NAME:X) or a bundle');
    return local(name, url);
  }
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw refuse('not a url');
  }
  if (parsed.protocol === 'file:') {
    if (parsed.hostname !== '') throw refuse('a file url with a host', 'write file:///path');
    return local(name, fileURLToPath(parsed));
  }
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') {
    throw refuse(
      `the scheme ${parsed.protocol} is not supported`,
      'use https, a directory or a bundle',
    );
  }
  const username = spec.username ?? decodeURIComponent(parsed.username);
  const password = spec.password ?? decodeURIComponent(parsed.password);
  const basic = username !== '' || password !== '';
  if (CONTROL.test(username + password)) throw refuse('control characters in the credentials');
  if (basic && spec.token !== undefined) throw refuse('both a token and a password are given');
  const authorization = basic
    ? `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    : spec.token === undefined
      ? undefined
      : `Bearer ${spec.token}`;
  parsed.username = '';
  parsed.password = '';
  parsed.search = '';
  parsed.hash = '';
  parsed.pathname = parsed.pathname.replace(/\/+$/u, '');
  return { kind: 'http', name, url: parsed, authorization, ca: spec.ca };
}

function local(name: string, path: string): Mirror {
  return { kind: /\.bundle$/iu.test(path) ? 'bundle' : 'directory', name, path: resolve(path) };
}

/** A URL or path fit for status, logs and errors: no credentials, no query, no control characters. */
export function displayUrl(url: string): string {
  let shown = url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/iu, '$1');
  if (/^[a-z][a-z0-9+.-]*:\/\//iu.test(shown)) shown = shown.replace(/[?#].*$/su, '');
  return printable(shown, 300);
}

/** Text from a mirror, made safe to print: one line, no control characters, at most `max` characters. */
export function printable(text: string, max = 200): string {
  let shown = '';
  for (const character of text.slice(0, max)) shown += CONTROL.test(character) ? '?' : character;
  return shown;
}
