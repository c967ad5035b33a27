import type { TokenRule } from '../../rule.ts';
import { claimsOf } from '../checksum.ts';
import { jwt, jwtStarts, named, slug, uuid, word } from '../shape.ts';

/** Bootstrap tokens of the documentation and of kubeadm's own. */
const documented = [
  'abcdef.0123456789abcdef',
  '9a08jv.c0izixklcxtmnze7',
  '783bde.3f89s0fje9f38fhf',
];

/** Tokens of Kubernetes and of what runs beside it. */
export const kubernetes: readonly TokenRule[] = [
  {
    id: 'kubernetes-service-account-token',
    title: 'a token of a Kubernetes service account',
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/',
    remedy: 'delete its Secret, or the pod that it is bound to; one of a request ends by itself',
    keywords: jwtStarts,
    after: 4500,
    pattern: slug`${jwt}`,
    check: (token) => {
      const claims = claimsOf(token);
      if (claims === undefined) return false;
      return (
        'kubernetes.io' in claims ||
        'kubernetes.io/serviceaccount/namespace' in claims ||
        String(claims['sub']).startsWith('system:serviceaccount:')
      );
    },
  },
  {
    id: 'argocd-token',
    title: 'an Argo CD token',
    source: 'https://argo-cd.readthedocs.io/en/stable/operator-manual/user-management/',
    remedy: 'argocd account delete-token',
    keywords: jwtStarts,
    after: 4500,
    pattern: slug`${jwt}`,
    check: (token) => claimsOf(token)?.['iss'] === 'argocd',
  },
  {
    id: 'kubernetes-bootstrap-token',
    title: 'a Kubernetes bootstrap token',
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/',
    remedy: 'kubeadm token delete',
    ...named(['kubeadm', 'bootstrap', 'tls_bootstrap'], '[a-z0-9]{6}\\.[a-z0-9]{16}', 'token'),
    check: (token) => !documented.includes(token),
  },
  {
    id: 'openshift-token',
    title: 'an OpenShift OAuth token',
    source:
      'https://docs.openshift.com/container-platform/latest/authentication/understanding-authentication.html',
    remedy: 'oc delete useroauthaccesstoken',
    keywords: ['sha256~'],
    pattern: slug`sha256~[A-Za-z0-9_-]{43}`,
    shown: 7,
  },
  {
    id: 'rancher-token',
    title: 'a Rancher API token',
    source: 'https://ranchermanager.docs.rancher.com/reference-guides/about-the-api/api-tokens',
    keywords: ['token-', 'kubeconfig-'],
    pattern: word`(?:token-[a-z0-9]{5}|kubeconfig-[a-z0-9-]{5,24}):[a-z0-9]{54}`,
    shown: 5,
  },
  {
    id: 'k3s-token',
    title: 'a K3s or RKE2 join token',
    source: 'https://docs.k3s.io/cli/token',
    remedy: 'k3s token rotate',
    keywords: ['k10'],
    pattern: word`K10[0-9a-f]{64}::(?:[a-z0-9._-]{1,40}:)?[A-Za-z0-9.]{16,64}`,
    shown: 3,
  },
  {
    id: 'ceph-key',
    title: 'a Ceph key',
    source: 'https://docs.ceph.com/en/latest/rados/operations/user-management/',
    remedy: 'ceph auth rotate',
    // A header of 12 bytes, then 16 bytes of a key.
    ...named(['ceph', 'client.admin', 'rbd', 'rook'], 'AQ[A-D][A-Za-z0-9+/]{35}==', 'key|secret'),
  },
  {
    id: 'harbor-secret',
    title: 'the secret of a Harbor robot account',
    source:
      'https://goharbor.io/docs/latest/working-with-projects/project-configuration/create-robot-accounts/',
    ...named(['harbor', 'robot$'], '[A-Za-z0-9]{32}', 'secret|passw(?:or)?d|token'),
  },
  {
    id: 'quay-token',
    title: 'a password of a Quay robot account',
    source: 'https://docs.quay.io/glossary/robot-accounts.html',
    ...named(['quay'], '[A-Z0-9]{64}'),
  },
  {
    id: 'consul-token',
    title: 'a Consul ACL token or gossip key',
    source: 'https://developer.hashicorp.com/consul/docs/security/acl/tokens',
    ...named(['consul'], `(?:${uuid}|[A-Za-z0-9+/]{43}=)`, 'token|encrypt'),
  },
  {
    id: 'nomad-token',
    title: 'a Nomad ACL token',
    source: 'https://developer.hashicorp.com/nomad/docs/concepts/acl',
    ...named(['nomad'], uuid, 'token'),
  },
  {
    id: 'teleport-token',
    title: 'a Teleport join token',
    source: 'https://goteleport.com/docs/enroll-resources/agents/join-token/',
    ...named(['teleport'], '[0-9a-f]{32}', 'token'),
  },
];
