/** How a file is read, as far as its path says it. */
export type FileKind =
  /** YAML or JSON, also as a template or a copy. */
  | 'structured'
  /** Variables and their values. */
  | 'environment'
  /** The same, as an example for people who write their own. */
  | 'example'
  | 'properties'
  | 'settings'
  /** What tools write to pin versions: nothing but digests. */
  | 'lock'
  /** Files whose name says that there are credentials in it. */
  | 'credentials'
  | 'markup'
  | 'prose'
  | 'script'
  | 'code'
  | 'unknown';

/** What editors and people add to a name when they keep a copy. */
const copy = /(?:~|\.(?:bak|backup|orig|old|save|swp|tmp|copy|disabled|off|[0-9]{1,8}))+$/i;
const template = /\.(?:j2|jinja2?|tpl|tmpl|gotmpl|erb|template|in)$/i;

const kinds: [FileKind, RegExp][] = [
  [
    'lock',
    /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.ya?ml|composer\.lock|[\w-]+\.lock|go\.sum|packages\.lock\.json|Chart\.lock|flake\.lock|deno\.lock)$/i,
  ],
  [
    'credentials',
    /(?:^|\/)(?:\.?npmrc|\.yarnrc|[._]netrc|\.?pgpass(?:\.conf)?|\.?htpasswd[\w.-]*|[\w-]+\.htpasswd|\.git-credentials)$/i,
  ],
  [
    'example',
    /(?:^|\/)(?:\.env[\w.-]*|[\w.-]*env)\.(?:example|sample|template|dist|tpl|tmpl|defaults?|schema)$|(?:^|\/)(?:example|sample)[\w.-]*\.env$|(?:^|\/)env\.(?:example|sample)$/i,
  ],
  [
    'environment',
    /(?:^|\/)\.env(?:rc)?(?:[._-][\w.-]*)?$|[\w-]\.env(?:\.[\w-]+)?$|(?:^|\/)\.envrc$|(?:^|\/)\.flaskenv$/i,
  ],
  [
    'structured',
    /\.(?:ya?ml|json5?|jsonc|jsonl|ndjson|kubeconfig|tfstate|dockerconfigjson|eyaml|jwks?)$|(?:^|\/)(?:\.?kubeconfig|\.kube\/config|\.docker\/config|\.dockercfg|\.?dockerconfigjson)$/i,
  ],
  [
    'properties',
    /\.(?:properties|tfvars|ini|cnf|netrc|s3cfg|boto|pypirc|toml|hcl|credentials|desktop|auto\.tfvars)$|(?:^|\/)(?:\.?my\.cnf|\.mylogin|\.?pypirc|\.s3cfg|\.boto|\.aws\/credentials|\.aws\/config|credentials|gradle\.properties|\.pgservice\.conf|\.smbcredentials|\.credentials|Credentials\.toml)$/i,
  ],
  [
    'settings',
    /\.(?:conf|cfg|config|cf|service|tf|nomad|repo|list)$|(?:^|\/)(?:Dockerfile|Containerfile)[\w.-]*$|\.dockerfile$/i,
  ],
  ['prose', /\.(?:md|mdx|markdown|rst|adoc|asciidoc|txt|html?|tex|org|rmd|ipynb)$/i],
  ['markup', /\.(?:xml|props|targets|csproj|pubxml)$/i],
  [
    'script',
    /\.(?:sh|bash|zsh|ksh|fish|ps1|bat|cmd|mk|groovy|gradle|jenkinsfile)$|(?:^|\/)(?:Makefile|Jenkinsfile|Justfile|Vagrantfile|\.?bash(?:rc|_profile|_history)|\.?zshrc|\.profile)$/i,
  ],
  [
    'code',
    /\.(?:[cm]?[jt]sx?|vue|svelte|go|py|rb|rs|java|kt|kts|scala|c|h|cc|cpp|hpp|cs|fs|php|swift|dart|ex|exs|erl|clj|lua|pl|pm|r|css|scss|less|svg|sql|proto|sum|patch|diff|sol|zig|nim)$/i,
  ],
];

/** @param path as Git has it */
export function kindOfFile(path: string): FileKind {
  let name = path.replace(copy, '');
  const find = (): FileKind | undefined => kinds.find(([, pattern]) => pattern.test(name))?.[0];
  const kind = find();
  if (kind !== undefined && kind !== 'unknown') return kind;
  name = name.replace(template, '');
  return find() ?? (template.test(path) ? 'structured' : 'unknown');
}

/** Whether a text without a telling name reads like YAML or JSON. */
export function looksStructured(text: string): boolean {
  return /^\s*(?:[{[]|---|#|- |["']?[A-Za-z_][-\w./$]{0,100}["']?:(?:[ \t\r\n]|$))/.test(
    text.slice(0, 2000),
  );
}
