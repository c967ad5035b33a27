import { labelsOf, metadataOf, port } from './manifest.ts';
import type { Manifest, Parts } from './manifest.ts';

/** How the controller is reached, what it may reach, and how many of it stay up while nodes are drained. */
export function network(parts: Parts): Manifest[] {
  const { values } = parts;
  const metadata = metadataOf(parts);
  const selector = { matchLabels: labelsOf(parts) };
  const service: Manifest = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: {
      selector: labelsOf(parts),
      ports: [{ name: 'http', port, targetPort: 'http' }],
    },
  };
  const objects = [service];
  if (values.networkPolicy.enabled) {
    objects.push({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec: {
        podSelector: selector,
        policyTypes: ['Ingress', 'Egress'],
        ingress: ingress(parts),
        egress: egress(parts),
      },
    });
  }
  // A node's pod of a DaemonSet is not drained.
  if (values.podDisruptionBudget.enabled && values.kind === 'Deployment') {
    objects.push({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata,
      spec: { maxUnavailable: 1, selector },
    });
  }
  return objects;
}

function ingress({ values }: Parts): unknown[] {
  const { metricsFrom } = values.networkPolicy;
  const from = metricsFrom.length === 0 ? [{ namespaceSelector: {} }] : metricsFrom;
  return [{ from, ports: [{ protocol: 'TCP', port }] }];
}

function egress({ values }: Parts): unknown[] {
  const { apiServerPorts, mirrorPorts } = values.networkPolicy;
  const tcp = [...new Set([...apiServerPorts, ...mirrorPorts])].sort((a, b) => a - b);
  return [
    // DNS is asked of a pod, or of a cache on the node.
    {
      ports: [
        { protocol: 'UDP', port: 53 },
        { protocol: 'TCP', port: 53 },
      ],
    },
    // Neither the API server nor a mirror can be named: a policy knows pods and addresses.
    { ports: tcp.map((number) => ({ protocol: 'TCP', port: number })) },
  ];
}
