import { Scanner } from '../../core/scan/scanner.ts';

/** One document of a manifest. */
interface Part {
  /** With its marker, byte for byte. */
  text: string;
  /** Lines before it. */
  lines: number;
  /** Whether it is a Secret with values. */
  isSecret: boolean;
}

/** A manifest, and which of its documents are Secrets in plaintext. */
export interface ManifestParts {
  /** The Secrets, each at the line where it stood: what is left out before it are empty lines. */
  secrets: string[];
  /** The other documents, byte for byte; undefined where nothing but space and comments is left. */
  rest: string | undefined;
}

const sealable = new Set(['kubernetes-secret', 'unreadable-secret']);

/** Whether the rule's findings are what sealing a manifest mends. */
export function isSealable({ rule }: { rule: string }): boolean {
  return sealable.has(rule);
}

/** Takes the plaintext Secrets of a manifest apart from the rest. In YAML a line that begins with `---` is always a marker. */
export async function manifestParts(path: string, text: string): Promise<ManifestParts> {
  const scanner = new Scanner();
  const parts: Part[] = [];
  let lines = 0;
  for (const part of text.split(/^(?=---(?:[ \t\r\n]|$))/m)) {
    const { findings } = await scanner.scan(path, Buffer.from(part));
    parts.push({ text: part, lines, isSecret: findings.some(isSealable) });
    lines += part.split('\n').length - 1;
  }
  const rest = parts
    .filter(({ isSecret }) => !isSecret)
    .map((part) => part.text)
    .join('');
  return {
    secrets: parts
      .filter(({ isSecret }) => isSecret)
      .map((part) => '\n'.repeat(part.lines) + part.text),
    rest: isEmpty(rest) ? undefined : rest,
  };
}

function isEmpty(text: string): boolean {
  return text.split('\n').every((line) => /^\s*(?:#.*|---\s*(?:#.*)?|\.\.\.\s*)?$/.test(line));
}
