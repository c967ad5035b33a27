import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import type { Json } from '../../core/format/canonical-json.ts';
import { checkValues, parseValues } from '../../core/format/install-values.ts';
import type { InstallValues } from '../../core/format/install-values.ts';
import { defaultValues } from '../deploy-files.ts';
import type { Io } from '../terminal/io.ts';
import type { RegionFacts } from './facts.ts';

type Values = { [key: string]: Json };

/** What a person chose, kept with the RegionSync: installing again without saying it again changes nothing of it. */
export interface Choices {
  /** Content of `--values`. */
  values: Values;
  image?: string;
  mirrors?: string[];
  mirrorSecret?: string;
}

/** Options of the command that are choices. */
export interface ChoiceOptions {
  values?: string;
  image?: string;
  mirror?: string[];
  mirrorSecret?: string;
}

/** What is given now, over what was given before. */
export async function chooseValues(
  io: Io,
  options: ChoiceOptions,
  before: Choices | undefined,
): Promise<Choices> {
  const { values: file, image, mirror, mirrorSecret } = options;
  return {
    ...before,
    values: file === undefined ? (before?.values ?? {}) : await readValues(io, file),
    ...(image === undefined ? {} : { image }),
    ...(mirror === undefined ? {} : { mirrors: mirror }),
    ...(mirrorSecret === undefined ? {} : { mirrorSecret }),
  };
}

/**
 * Puts together all values: the chart's defaults, over them what the repository says, over that what a person chose.
 *
 * @throws EdgesealError `format-schema` with the field, `input-usage` for an image or mirrors that nobody named
 */
export async function wholeValues(
  region: string,
  facts: RegionFacts,
  choices: Choices,
  more: { generate: boolean; renewed: string | undefined },
): Promise<InstallValues> {
  const mirrors = choices.mirrors ?? facts.mirrors;
  const given = choices.values;
  if (choices.image === undefined && given['image'] === undefined) {
    throw new EdgesealError('input-usage', 'which image is the controller to run from?', {
      hint: 'build one from controller/deploy/Dockerfile, push it, and name it: --image registry.example.com/edgeseal:0.1.0',
    });
  }
  if (mirrors.length === 0 && given['mirrors'] === undefined) {
    throw new EdgesealError('input-usage', 'edgeseal.yaml names no mirror to fetch from', {
      hint: 'add spec.mirrors there, or name one: --mirror https://git.example.com/team/secrets.git',
    });
  }
  mirrors.forEach(requireFetchable);
  const { published, interval, staleAfter } = facts;
  const renewed = more.renewed === undefined ? {} : { renewed: more.renewed };
  const found: Values = {
    region,
    repository: facts.repository,
    root: facts.root,
    floor: published === undefined ? {} : { ...published, ...renewed },
    mirrors: mirrors.map((url) => mirrorOf(url, choices.mirrorSecret)),
    keys: { secret: { generate: more.generate } },
    ...(interval === undefined ? {} : { interval }),
    ...(staleAfter === undefined ? {} : { staleAfter }),
    networkPolicy: { mirrorPorts: portsOf(mirrors) },
  };
  const image = choices.image === undefined ? {} : { image: choices.image };
  const all = [await defaultValues(), found, given, image].reduce(over);
  return checkValues(all, 'the values of this installation');
}

async function readValues(io: Io, file: string): Promise<Values> {
  let bytes: Buffer;
  try {
    bytes = await readFile(resolve(io.cwd, file));
  } catch (cause) {
    const { code = 'error' } = cause as NodeJS.ErrnoException;
    throw new EdgesealError('input-not-found', `cannot read (${code})`, { file, cause });
  }
  const values = parseValues(bytes, file);
  const own = ['region', 'repository', 'root', 'floor'].find((key) => key in values);
  if (own === undefined) return values;
  throw new EdgesealError('input-usage', `${own} is not chosen: it comes from the repository`, {
    file,
    field: own,
    hint: `take ${own} out of the file; it is for Helm`,
  });
}

/** As Helm lays values over each other: maps part by part, all else whole. */
function over(below: Values, above: Values): Values {
  const made = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = made[key];
    made[key] = isMap(value) && isMap(under) ? over(under, value) : value;
  }
  return made;
}

function mirrorOf(url: string, secret: string | undefined): Values {
  const wantsLogin = secret !== undefined && /^https?:/.test(url);
  return { url, ...(wantsLogin ? { auth: { secret: { name: secret } } } : {}) };
}

function requireFetchable(url: string): void {
  const refuse = (why: string, hint: string): never => {
    // Not the url itself: it may hold a password.
    throw new EdgesealError('input-usage', `a mirror of this region ${why}`, { hint });
  };
  if (url.startsWith('/')) return;
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    refuse(
      'is neither an HTTP(S) url nor an absolute path in the pod',
      'controllers fetch over HTTPS: --mirror https://git.example.com/team/secrets.git',
    );
  else if (parsed.username !== '' || parsed.password !== '')
    refuse(
      'has credentials in its url, which would be readable in the RegionSync',
      'put them into a Secret with username and password, and name it: --mirror-secret NAME',
    );
}

function portsOf(mirrors: readonly string[]): number[] {
  const ports = mirrors.flatMap((url) => {
    const parsed = URL.parse(url);
    if (parsed === null || !/^https?:$/.test(parsed.protocol)) return [];
    return [parsed.port === '' ? (parsed.protocol === 'https:' ? 443 : 80) : Number(parsed.port)];
  });
  return [...new Set(ports)].sort((a, b) => a - b);
}

function isMap(value: Json | undefined): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
