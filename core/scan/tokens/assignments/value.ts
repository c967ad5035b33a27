import { isPlaceholder } from '../../structure/placeholder.ts';
import { isMonotonous, looksRandom, randomness } from '../randomness/random.ts';
import { isExample, isStandIn, saysStandIn } from './placeholder.ts';

/** What is an expression, a format, a path, an address or markup rather than a value. */
const code =
  /^-{1,2}[a-z]|^[$%{<[(@&*]|\$\{|\$\(|\{\{|\}\}|[({[]$|^[\w.:>-]*\(.*\)|^%|%[svdq]\b|\{\w*\}|=>|::|&&|\|\||^\/\w|^\.{0,2}\/|^~\/|:\/\/|^[A-Za-z]:\\|^[\w.+-]+@[\w-]+\.[\w.-]+$|<\/|\\[nrtux0]|^(?:arn|urn|vault|ssm|ref\+|sm|op|data|file|env|secret|sha\d+|md5|spiffe|projects|system|ssh-[a-z0-9]+):|^(?:process|os|ENV|System|self|this|config|cfg|settings|options|opts|params|args|req|request|ctx|var|local|data|module|secrets|vars|env|environ|input|props|state|user|event|data|response|res|body|form|session|cls|app|obj|Config|Settings|Environment|Deno|import|window|document)[.[]/;

/** Names, types, constants, files, versions: words that are joined as programs and clusters join them. */
const identifier =
  /^(?:[A-Za-z_$][\w$]*\.)+[A-Za-z_$][\w$]*(?:\[\])?$|^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$|^_*[a-z]+(?:[A-Z][a-z]+)+\d{0,2}$|^(?:[A-Z][a-z]+){2,}\d{0,2}$|^[A-Za-z]+(?:[-_./:, ][A-Za-z]*\d{0,3})*[-_./:]?$|^\.?[\w-]+\.(?:txt|key|pem|json|ya?ml|env|cfg|conf|ini|properties|crt|cer|p12|jks|sh|py|go|[jt]sx?)$|^v?\d+(?:\.\d+)+/;

/** Whether a text may be something a person chose as a password: not code, no stand-in, not only a word. */
export function looksChosen(value: string): boolean {
  if (value.length < 6 || value.length > 128 || /[\s\x00-\x1f]/.test(value)) return false;
  if (isPlaceholder(value) || code.test(value) || /^![a-z]+$/.test(value)) return false;
  if (saysStandIn(value) || isExample(value) || isMonotonous(value)) return false;
  // Capitals, digits and signs: somebody took pains, whatever the words in it are.
  const isStrong = kindsOf(value) === 4 && value.length >= 8 && /^[!-~]+$/.test(value);
  if (isStandIn(value) && !isStrong) return false;
  if (/[^A-Za-z]/.test(value) && !/\d/.test(value) && identifier.test(value))
    return isPhrase(value);
  if (looksRandom(value)) return true;
  if (/^[A-Za-z]+$/.test(value)) return value.length >= 8 && randomness(value) >= 0.8;
  if (identifier.test(value)) return isPhrase(value);
  if (/^[0-9]+$/.test(value)) return false;
  if (!/[A-Za-z]/.test(value))
    return value.length >= 10 && !/^[\d.,:/+-]+$/.test(value) && /\d/.test(value);
  // "Password:", "Required!"
  return !/^[A-Za-z'-]+[:.?!,;]+$/.test(value);
}

/** `correct-horse-battery-staple`: four words and more that name nothing a program has. */
function isPhrase(value: string): boolean {
  return (
    /^[a-z]{3,12}(?:[-_.][a-z]{3,12}){3,7}(?:[-_.]?\d{1,4})?$/.test(value) &&
    !/pass|secret|token|key|cred|user|name|auth|db|data|app|kube|service|config|value|test|vault|file|admin|role|not|the|with|set|is|for|and|com|org|io\b/.test(
      value,
    )
  );
}

function kindsOf(value: string): number {
  return [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/].filter((kind) => kind.test(value)).length;
}

const drawn = /^[A-Za-z0-9+/=_.~!@#$%^&*:|-]{10,400}$/;
const publicKey =
  /^(?:AAAA(?:B3NzaC1|C3NzaC1|E2VjZHNh)|LS0tLS1CRUdJTiBDRVJ|LS0tLS1CRUdJTiBQVUJ|MII[A-Za-z0-9+/]{3}(?:ANBgkqhki|IBIjAN)|pk_|sha\d+-|PUB_|age1)/;

/**
 * Whether a value was drawn at random, as keys and tokens are.
 *
 * @param least the shortest that counts
 */
export function looksDrawn(value: string, least: number): boolean {
  if (value.length < least || !drawn.test(value) || isPlaceholder(value)) return false;
  if (publicKey.test(value) || isExample(value) || code.test(value)) return false;
  if (saysStandIn(value)) return false;
  if (/\d{4}-\d\d-\d\d|^\d+[.,:]/.test(value)) return false;
  if (!/[0-9]/.test(value) && !(/[a-z]/.test(value) && /[A-Z]/.test(value))) {
    if (value.length < 20 || randomness(value) < 1) return false;
  }
  return !identifier.test(value) && looksRandom(value) && !isImage(value);
}

/** Base64 of an image, a font, an archive: long, and secret to nobody. */
function isImage(value: string): boolean {
  return /^(?:iVBORw0KGgo|R0lGOD|\/9j\/|UklGR|PHN2Zy|d09GR|AAEAAAA|H4sIA|UEsDB|PD94bWw)/.test(
    value,
  );
}

const pair = /^([!-9;-~]{1,100}):([!-~]{1,200})$/;

/** Whether base64 holds a text with a colon, as `user:password` is. */
export function holdsPair(value: string): boolean {
  return pair.test(Buffer.from(value, 'base64').toString('latin1'));
}

/** Whether base64 holds `user:password`, with a password that is none of the usual stand-ins. */
export function isPair(value: string): boolean {
  const [, user, password] = pair.exec(Buffer.from(value, 'base64').toString('latin1')) ?? [];
  if (user === undefined || password === undefined || password.length < 4) return false;
  if (isExample(value) || password === user || isPlaceholder(password) || isMonotonous(password))
    return false;
  return !saysStandIn(password) && !isStandIn(password) && !isExample(password);
}
