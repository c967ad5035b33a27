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
  decryptor: at('fluxcd/kustomize-controller', 'v1.9.6', 'internal/decryptor/decryptor.go'),
  'sops.go': at('getsops/sops', 'v3.13.3', 'sops.go'),
  'go-git tree.go': at('go-git/go-git', 'v5.19.1', 'plumbing/object/tree.go'),
  'go-git http': at('go-git/go-git', 'v5.19.1', 'plumbing/transport/http/common.go'),
  'flux2 2761': 'https://github.com/fluxcd/flux2/issues/2761',
  'source-controller 936': 'https://github.com/fluxcd/source-controller/issues/936',
  'external-secrets 4548': 'https://github.com/external-secrets/external-secrets/issues/4548',
};

/** Of no peer: it was not looked at. */
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
