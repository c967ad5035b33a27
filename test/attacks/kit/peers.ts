import type { PeerRun } from './peer-run.ts';

/** What a peer was seen to do, and where: a file of a release, or an issue. */
export interface Peers {
  sealedSecrets?: string;
  /** SOPS with Flux's source- and kustomize-controller. */
  flux?: string;
  externalSecrets?: string;
  gitleaks?: string;
}

const at = (repository: string, tag: string, path: string): string =>
  `https://github.com/${repository}/blob/${tag}/${path}`;

/** Where what is said below was read. */
export const sources: Record<string, string> = {
  Unseal: at(
    'bitnami-labs/sealed-secrets',
    'v0.36.6',
    'pkg/apis/sealedsecrets/v1alpha1/sealedsecret_expansion.go',
  ),
  'sealed-secrets controller': at(
    'bitnami-labs/sealed-secrets',
    'v0.36.6',
    'pkg/controller/controller.go',
  ),
  GitRepository: at(
    'fluxcd/source-controller',
    'v1.9.1',
    'internal/controller/gitrepository_controller.go',
  ),
  'GitRepository API': at(
    'fluxcd/source-controller',
    'api/v1.9.0',
    'api/v1/gitrepository_types.go',
  ),
  'ssh_signature.go': at('fluxcd/pkg', 'git/v0.52.0', 'git/signature/ssh_signature.go'),
  kustomization: at(
    'fluxcd/kustomize-controller',
    'v1.9.6',
    'internal/controller/kustomization_controller.go',
  ),
  decryptor: at('fluxcd/kustomize-controller', 'v1.9.6', 'internal/decryptor/decryptor.go'),
  'sops.go': at('getsops/sops', 'v3.13.3', 'sops.go'),
  'go-git tree.go': at('go-git/go-git', 'v5.19.1', 'plumbing/object/tree.go'),
  'go-git http': at('go-git/go-git', 'v5.19.1', 'plumbing/transport/http/common.go'),
  'flux2 2761': 'https://github.com/fluxcd/flux2/issues/2761',
  'source-controller 936': 'https://github.com/fluxcd/source-controller/issues/936',
  'external-secrets 4548': 'https://github.com/external-secrets/external-secrets/issues/4548',
};

/** Nothing of its own: the family's, or what its Git client did when it was run. */
export const notChecked: Peers = {};

/** Somebody brings an older state again. */
export const replayed: Peers = {
  sealedSecrets: 'an old SealedSecret is opened like a new one [Unseal]',
  flux: 'fetches what the branch is at, older or not [GitRepository]',
};

/** Somebody who holds no key writes another state. */
export const unsigned: Peers = {
  sealedSecrets: 'whoever has the public certificate can seal; there is no author [Unseal]',
  flux: '`spec.verify` is off by default, and looks at HEAD or the tag alone [GitRepository]',
};

/** The template around the values is changed. */
export const template: Peers = {
  ...unsigned,
  sealedSecrets: 'type and labels of the template are bound by nothing [Unseal]',
};

/** Bytes of a fetched file are changed. */
export const changedBytes: Peers = {
  sealedSecrets: 'a changed value does not open; the template is bound by nothing [Unseal]',
  flux: "a changed value does not decrypt; SOPS's MAC over the file is not checked [decryptor]",
};

/** What there should be is not what is there. */
export const noListing: Peers = {
  sealedSecrets: 'no list of what there should be: an object that is left out is not missed',
  flux: 'what is not in the commit is pruned, where pruning is on; commits are verified as a whole if at all [GitRepository]',
};

/** The source is gone, or says nothing. */
export const silent: Peers = {
  flux: 'one URL a source [flux2 2761]; artifacts are gone after a restart [source-controller 936]',
  sealedSecrets: 'fetches nothing itself',
};

/** Part of one sealed thing is put into another one. */
export const pasted: Peers = {
  sealedSecrets:
    'binds a value to namespace and name in strict scope, to less in others, never to its key or type [Unseal]',
  flux: 'SOPS binds a value to its path in the file and to nothing outside [sops.go]; the MAC is not checked [decryptor]',
};

/** Trees and paths that aim at the reader's disk. */
export const paths: Peers = {
  flux: 'go-git refuses such names [go-git tree.go]',
  sealedSecrets: 'fetches nothing itself',
};

/** A branch of another region, of which the content says nothing. */
export const branches: Peers = {
  flux: 'a branch is a string in the GitRepository; nothing in the content says whose it is [GitRepository]',
};

/** A Secret that the controller did not make. */
export const foreignSecret: Peers = {
  sealedSecrets:
    'refuses one that it does not own, unless that is annotated [sealed-secrets controller]',
  externalSecrets: 'overwrites one that has no owner [external-secrets 4548]',
};

/** Where an HTTP server sends its client elsewhere. */
export const redirected: Peers = {
  flux: 'go-git follows the first redirect, and leaves the credentials behind where host or port differ [go-git http]',
};

/** Harm to a controller's own store. */
export const noDisk: Peers = {
  sealedSecrets: 'has no store of its own: without an API server there is nothing to open',
  flux: 'artifacts lie on a disk that is thrown away, and are fetched anew [source-controller 936]',
};

const noSnapshot: Peers = {
  sealedSecrets: 'has no snapshot and no order between states: each object stands alone [Unseal]',
  flux: 'has no snapshot: the commit that the branch is at is the state [GitRepository]',
};

const noRoot: Peers = {
  sealedSecrets: "asks for nobody's signature [Unseal]",
  flux: 'one listed key is enough, whatever it was made for; of the newest commit or tag alone, and off by default [GitRepository]; an SSH signature names its own hash [ssh_signature.go]',
};

/** What holds of all attacks of a family that have nothing of their own, by its title. */
export const peersOfFamily: Record<string, Peers> = {
  'A publisher lies': noSnapshot,
  'A trust root is not what it says': noRoot,
  'A signature is not what it says': noRoot,
  'A channel is frozen, or said to be fresh': {
    sealedSecrets: 'fetches nothing itself, and knows no age of an object [Unseal]',
    flux: 'has no heartbeat: a branch that stands still is Ready for ever [GitRepository]',
  },
  'A secret is not signed by who may': noRoot,
  'A listing has two readings': noSnapshot,
  'A Git server misbehaves': { sealedSecrets: 'fetches nothing itself' },
  'A Git tree is hostile': { sealedSecrets: 'fetches nothing itself' },
  'A Git pack is hostile': { sealedSecrets: 'fetches nothing itself' },
  'A stick or a folder is hostile': {
    sealedSecrets: 'fetches nothing itself',
    flux: 'takes no folder and no bundle: http, https and ssh only [GitRepository API]',
  },
  'Something in the cluster is aimed at': {
    sealedSecrets: "no namespace is another's, its own neither [sealed-secrets controller]",
    flux: 'applies to whatever namespace its account, or the one it is told to be, may write to [kustomization]',
  },
  'Somebody looks where plaintext might lie': {
    flux: 'keys are read from a Secret; of PGP keys a GnuPG home is made in a temp folder [decryptor]',
  },
  'A sealed file is hostile YAML': {
    flux: 'applies any kind that a folder holds, a plain Secret too [kustomization]',
  },
};

/** What Flux's Git client made of an attack, when it was run against it; undefined where it was not. */
export function wordsOfRun({ refused, ended, files, links, peakMB }: PeerRun): string {
  const memory = peakMB === undefined ? '' : `, and needs ${peakMB} MB for it`;
  if (ended !== undefined) return `run: ${ended}${memory}`;
  if (refused?.includes('(version 2') === true)
    return 'run: speaks the first protocol alone, and this is the second';
  if (refused !== undefined) return `run: refuses it, “${refused}”${memory}`;
  const linked = links === undefined ? '' : `, ${links} of them a symbolic link`;
  return `run: takes it, ${files ?? 0} files${linked}${memory}`;
}
