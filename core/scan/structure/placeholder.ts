import { filler } from './template.ts';

const placeholders = [
  /^\s*$/,
  // <base64-encoded-password>, <path:vault/data#key>; but not <config password="..."/>
  /^<[A-Za-z0-9][A-Za-z0-9 ._:#/|&-]{0,200}>$/,
  // Filled in by envsubst, kustomize, Flux, a shell, GitHub, Azure, Maven or Windows.
  /^\$?\$\{[^{}\n]{1,300}\}$/,
  /^\$?\$\([^()\n]{1,300}\)$/,
  /^\$[A-Z_][A-Z0-9_]{0,100}$/,
  /^%[A-Za-z_][A-Za-z0-9_]{0,100}%$/,
  /^%\([A-Za-z_][A-Za-z0-9_.]{0,100}\)[sd]$/,
  /^%[+#]?[sdqvx]$/,
  /^@[A-Za-z][A-Za-z0-9_.-]{0,100}@$/,
  /^__[A-Za-z][A-Za-z0-9_.-]{0,100}__$/,
  /^#\{[^{}\n]{1,200}\}#?$/,
  /^\[\[[^\n]{1,200}\]\]$/,
  // Filled in by Helm, Jinja, a GitHub workflow or a template of Go.
  /^\$?\{\{[^\n]{0,1000}\}\}$/,
  /^\{[A-Za-z_][A-Za-z0-9_.]{0,100}\}$/,
  // What a person is to fill in.
  /^[<[({]?(?:replace|insert|enter|fill|put)[-_ ]?(?:me|with|this|here|in|your|the)?(?:[-_ ][-_ A-Za-z0-9]{0,100})?[>\])}]?$/i,
  /^[<[({]?your[-_ ](?:[A-Za-z0-9]{1,30}[-_ ]){0,6}(?:password|passwd|secret|token|key|value|credentials?|here|api-?key|id|base64|string)[>\])}]?$/i,
  /^[-_ A-Za-z0-9]{1,60}[-_ ]here$/i,
  /^(?:todo|tbd|fixme|redacted|placeholder|masked|hidden|set[-_ ]me|to[-_ ]be[-_ ][-_ a-z]{1,30})$/i,
  /^["'(<[]?(?:x{3,}|X{3,}|\*{3,}|\.{3,}|…|-{3,}|_{3,}|#{3,}|\?{3,})["')>\]]?$/,
  /^[A-Za-z]{0,12}[-_ ]?(?:x{4,}|X{4,}|\*{4,})$/,
];

const references = [
  // https://github.com/helmfile/vals, helm-secrets
  /^ref\+[a-z0-9]{1,20}:\/\/\S{1,500}$/,
  /^secretref\+\S{1,500}$/,
  // bank-vaults, Argo CD Vault plugin
  /^(?:>>)?vault:[^\s#]{1,300}#\S{1,200}$/,
  /^<path:[^<>\n]{1,400}>$/,
  // 1Password, Doppler, Azure, AWS, Google
  /^(?:op|sm|secret|awssm|awsps|gcpsm|azkv|keyvault|doppler|infisical|bws|akeyless|conjur):\/\/\S{1,500}$/,
  /^@Microsoft\.KeyVault\([^()\n]{1,500}\)$/i,
  /^arn:aws[-a-z]{0,10}:(?:secretsmanager|ssm|kms):\S{1,500}$/,
  /^projects\/[^/\s]{1,100}\/secrets\/\S{1,300}$/,
  /^\{\{resolve:(?:secretsmanager|ssm|ssm-secure):[^{}\n]{1,400}\}\}$/,
  /^(?:env|file|ssm|secretsmanager|sops|gcp-secret|azure-secret|k8s|secretKeyRef|valueFrom)[:.][/A-Za-z_][^\s]{0,300}$/,
  /^(?:process\.env|os\.environ|os\.getenv|System\.getenv|ENV|var|local|data|module|secrets|vars|inputs|params|self|this|config|settings|values)[.[(][^\s]{1,200}$/,
];

/** Whether a value obviously stands for one that comes later. `changeme` does not: it is used as a password. */
export function isPlaceholder(value: string): boolean {
  // Longer ones are none, and a pattern that goes back and forth must not meet them.
  if (value.length > 2000) return value.trim() === '';
  const text = value.trim();
  if (text.includes(filler)) return true;
  return placeholders.some((pattern) => pattern.test(text)) || isReference(text);
}

function isReference(text: string): boolean {
  return text.length > 4 && references.some((pattern) => pattern.test(text));
}
