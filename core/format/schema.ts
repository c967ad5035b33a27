import { z } from 'zod';
import { EdgesealError } from '../errors.ts';
import type { Json } from './canonical-json.ts';
import { isLabel, isSubdomain, namePatterns } from './names.ts';

/** API group and version of every kind of ours. */
export const apiVersion = 'edgeseal.dev/v1alpha1';

/** What a refinement checks, for those who only see the JSON schema: the API server, by the CRD. */
const label = { pattern: namePatterns.label, maxLength: 63 };
const subdomain = { pattern: namePatterns.subdomain, maxLength: 253 };

export const regionName = z
  .string()
  .refine(isLabel, 'is not a region name (lower-case letters, digits, -)')
  .meta(label);
export const namespaceName = z.string().refine(isLabel, 'is not a namespace name').meta(label);
export const secretName = z.string().refine(isSubdomain, 'is not a Secret name').meta(subdomain);
export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in lower-case hex');
export const keyId = z
  .string()
  .regex(/^[0-9a-f]{16}$/, 'is not a key id (16 lower-case hex digits, quoted)');
export const repositoryId = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'is not a UUID in lower case');
/** Versions, sequences and root numbers: 1 to 2^53 - 1. */
export const counter = z.int().min(1);
/** A Go duration as Kubernetes writes it, whole units: `90s`, `15m`, `24h`, `1h30m`. */
export const duration = z
  .string()
  .regex(/^(\d{1,6}h)?(\d{1,6}m)?(\d{1,6}s)?$/, 'is not a duration such as 90s, 15m or 24h')
  .min(2);
/**
 * Strict base64 (RFC 4648 section 4: padded, unused bits zero) without decoding it: whatever stands in a file has one
 * spelling, also where nobody here can open it. For a fixed number of bytes.
 */
export function base64Of(bytes: number): z.ZodString {
  const digits = Math.ceil((bytes * 4) / 3);
  return z
    .string()
    .length(Math.ceil(bytes / 3) * 4)
    .refine((text) => isBase64(text) && text.replace(/=+$/, '').length === digits, {
      error: `is not base64 of ${bytes} bytes (quote it)`,
    })
    .meta({ pattern: base64Text.source });
}

const base64Text = /^[A-Za-z0-9+/]*(?:[AQgw]==|[AEIMQUYcgkosw048]=)?$/;

/** Whether text is base64 in its one strict spelling; linear, and nothing is decoded. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && base64Text.test(text);
}

/**
 * A map of strings. Not `z.record`, which passes over the key `__proto__`: the API server accepts that key,
 * so it has to be validated and kept like any other.
 */
export function stringMap(
  isKey: (key: string) => boolean,
  keyMessage: string,
  isValue: (value: string) => boolean = () => true,
  valueMessage = 'is not a string (quote it)',
): z.ZodType<Record<string, string>> {
  return z
    .custom<Record<string, string>>((value) => isMap(value), 'is not a map')
    .superRefine((map, context) => {
      for (const [key, value] of Object.entries(map) as [string, unknown][]) {
        if (!isKey(key)) context.addIssue({ code: 'custom', path: [key], message: keyMessage });
        else if (typeof value !== 'string' || !isValue(value)) {
          context.addIssue({ code: 'custom', path: [key], message: valueMessage });
        }
      }
    })
    .meta({ type: 'object', additionalProperties: { type: 'string' } });
}

/** Labels and annotations, as far as the API server's own checks need no repeating. */
export const stringAnnotations = stringMap(
  (key) => key.length > 0 && key.length <= 317 && !/[\s\p{Cc}]/u.test(key),
  'is not a label or annotation name',
);

/** A parsed document and where its parts stand. */
export interface Parsed {
  value: Json;
  lineOf: (path: (string | number)[]) => number | undefined;
}

/**
 * Checks a parsed document against a schema. Schemas transform nothing, so what comes back is the very
 * document (with its prototype-less maps), typed.
 *
 * @throws EdgesealError `format-schema` with field and, where known, line; no values in the message
 */
export function validate<T>(schema: z.ZodType<T>, parsed: Parsed, file?: string): T {
  const result = schema.safeParse(parsed.value);
  if (result.success) return parsed.value as T;
  const { issue, path } = firstIssue(result.error.issues);
  const field = fieldName(path);
  const unknown = unknownBeside(result.error.issues, issue, path);
  const [first] = unknown;
  const where =
    first === undefined ? path : [...(isMissing(issue) ? path.slice(0, -1) : path), first];
  const words = [
    ...(issue?.code === 'unrecognized_keys' ? [] : [wordsOf(issue)]),
    ...(first === undefined ? [] : [`unknown field ${unknown.join(', ')}`]),
  ];
  throw new EdgesealError(
    'format-schema',
    `${field === '' ? 'the document' : field}: ${words.join('; ')}`,
    { file, line: parsed.lineOf(where), field },
  );
}

/** Fields that the schema does not know; beside a missing one they may be that one, mistyped. */
function unknownBeside(
  issues: z.core.$ZodIssue[],
  issue: z.core.$ZodIssue | undefined,
  path: (string | number)[],
): string[] {
  if (issue?.code === 'unrecognized_keys') return issue.keys;
  if (!isMissing(issue)) return [];
  const parent = fieldName(path.slice(0, -1));
  return issues.flatMap((other) =>
    other.code === 'unrecognized_keys' && fieldName(other.path as (string | number)[]) === parent
      ? other.keys
      : [],
  );
}

function isMissing(issue: z.core.$ZodIssue | undefined): boolean {
  return issue?.message.endsWith('received undefined') === true;
}

/** {@link validate} for documents that were not read from text with lines. */
export function validateJson<T>(schema: z.ZodType<T>, value: Json, file?: string): T {
  return validate(schema, { value, lineOf: () => undefined }, file);
}

/** The first thing wrong; inside a union, of the alternative that comes nearest. */
function firstIssue(issues: z.core.$ZodIssue[]): {
  issue: z.core.$ZodIssue | undefined;
  path: (string | number)[];
} {
  const issue = issues[0];
  const path = (issue?.path ?? []).map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue?.code !== 'invalid_union') return { issue, path };
  const nearest = [...issue.errors].sort((a, b) => a.length - b.length)[0];
  if (nearest === undefined || nearest.length === 0) return { issue, path };
  const inner = firstIssue(nearest);
  return { issue: inner.issue, path: [...path, ...inner.path] };
}

function fieldName(path: (string | number)[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${String(part)}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');
}

function wordsOf(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return 'is not valid';
  if (isMissing(issue)) return 'is missing';
  const message = issue.message.replace(/^Invalid input: /, '');
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Seconds of a {@link duration}. */
export function secondsOf(text: string): number {
  const [, hours = '0', minutes = '0', seconds = '0'] =
    /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text) ?? [];
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}
