/** A value that is shorter stands everywhere by chance. */
const shortest = 6;
/** One line that is longer is known by its parts. */
const longest = 4096;
const maxParts = 24;

/** Items that hold a secret itself, whatever it looks like. */
const secretItem = /pass|pwd|secret|token|key|credential|auth|private|seed|pin\b/i;

/** What stands in many files and gives nothing away: switches, addresses, file names, dates. */
const common = [
  // A placeholder.
  /^(?:<.*>|\$\{.*\}|\$\(.*\)|\{\{.*\}\})$/,
  /^(?:true|false|yes|no|on|off|null|none|enabled?|disabled?|changeme|password|secret|default|production|development|staging|localhost)$/i,
  /^\d{1,7}$/,
  /^\d+(?:\.\d+){1,3}(?::\d+)?(?:\/\d+)?$/,
  /^[a-z][a-z0-9+.-]*:\/\/[^\s@?#]*$/i,
  /^(?:\.{0,2}\/)?(?:[\w.-]+\/)+[\w.-]*$/,
  /^\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?$/,
  /^[^\s@]+@[\w-]+(?:\.[\w-]+)+$/,
];
/** A host's name, or a word or two: what a user is called, a database, a region. */
const hostName = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?::\d+)?$/i;
const words = /^[a-z]+(?:[-_. ][a-z]+)*$/i;

/**
 * The parts of a sealed value by which it is known again elsewhere: the whole, where it is one line; of a longer text (a
 * private key, a configuration) its lines and words that look like nobody's words, as it may stand indented or taken
 * apart. What stands in many files for other reasons is left out, as are certificates and public keys, which are public.
 *
 * @param item the item's name, which says whether an ordinary word is meant to be secret
 * @param value as it is sealed
 * @returns texts of at least 6 bytes, each once
 */
export function worthKnowing(item: string, value: Uint8Array): Buffer[] {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const text = bytes.toString('utf8');
  if (!Buffer.from(text).equals(bytes)) {
    // Not a text: a key of raw bytes, a keystore.
    return bytes.length >= 16 && bytes.length <= longest ? [Buffer.from(bytes)] : [];
  }
  const whole = text.trim();
  const parts = new Set<string>();
  const isOneLine = !/[\r\n]/.test(whole) && Buffer.byteLength(whole) <= longest;
  if (isOneLine && isWorth(item, whole)) parts.add(whole);
  if (!isOneLine) for (const line of linesOf(whole)) parts.add(line);
  if (!isOneLine || /^[{[]|:\/\//.test(whole)) for (const part of wordsOf(whole)) parts.add(part);
  return [...parts].slice(0, maxParts).map((part) => Buffer.from(part));
}

function isWorth(item: string, text: string): boolean {
  if (Buffer.byteLength(text) < shortest) return false;
  if (common.some((pattern) => pattern.test(text))) return false;
  // One character again and again, and the like.
  if (new Set(text).size < 4) return false;
  if (hostName.test(text) || words.test(text)) return secretItem.test(item) && text.length >= 8;
  return true;
}

/** Lines of a private key's body, but for the first, in which all keys of a kind are alike; some, from all over it. */
function linesOf(text: string): string[] {
  if (!text.includes('PRIVATE KEY')) return [];
  const bodies = text.split(/-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----/).slice(1);
  return bodies.flatMap((body) => {
    const [own = ''] = body.split('-----END');
    const lines = own.split(/\s+/).filter((line) => /^[A-Za-z0-9+/=]{32,}$/.test(line));
    const rest = lines.length > 1 ? lines.slice(1) : lines;
    const step = Math.max(1, Math.floor(rest.length / 6));
    return rest.filter((_, index) => index % step === 0).slice(0, 6);
  });
}

/** Words that look made by a machine, and the password of an address. */
function wordsOf(text: string): string[] {
  const open = text.replace(/-----BEGIN [\s\S]*?-----END [^-]*-----/g, ' ');
  const found: string[] = [];
  for (const [, password = ''] of open.matchAll(/:\/\/[^\s:@/]*:([^\s@/]{6,200})@/g))
    found.push(password);
  for (const word of open.split(/[\s"'`,;=&{}[\]()<>|\\]+/)) {
    if (word.length < 12 || word.length > longest || !/\d/.test(word) || !/[a-z]/i.test(word))
      continue;
    if (isWorth('', word) && new Set(word).size >= 8) found.push(word);
  }
  return found;
}
