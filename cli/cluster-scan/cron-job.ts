import type { Manifest } from '../install/manifest.ts';

/** What the CronJob is made from. */
export interface CronJobOptions {
  image: string;
  namespace: string;
  /** As cron has it; the cluster's time zone. */
  schedule: string;
}

const name = 'edgeseal-scan';
const labels = { 'app.kubernetes.io/name': 'edgeseal-scan' };
/** The Secret whose item `url` is where alerts are sent; there need not be one. */
const alertSecret = 'edgeseal-scan-alert';
const apiGroup = 'rbac.authorization.k8s.io';

/**
 * The objects that search a cluster every night: an account that may read what is searched and nothing else, and the
 * CronJob. A Job that found something has failed, so that whatever watches Jobs sees it.
 */
export function cronJobObjects({ image, namespace, schedule }: CronJobOptions): Manifest[] {
  const metadata = { name, namespace, labels };
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: namespace,
        labels: { ...labels, 'pod-security.kubernetes.io/enforce': 'restricted' },
      },
    },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'ClusterRole',
      metadata: { name, labels },
      rules: [
        { apiGroups: [''], resources: ['secrets', 'configmaps', 'pods'], verbs: ['list'] },
        { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
      ],
    },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name, labels },
      roleRef: { apiGroup, kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
    {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata,
      spec: {
        schedule,
        concurrencyPolicy: 'Forbid',
        jobTemplate: {
          spec: {
            // Findings do not go away by looking again.
            backoffLimit: 0,
            activeDeadlineSeconds: 3600,
            template: { metadata: { labels }, spec: podSpec(image) },
          },
        },
      },
    },
  ];
}

function podSpec(image: string): unknown {
  return {
    serviceAccountName: name,
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    restartPolicy: 'Never',
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: 'scan',
        image,
        command: ['edgeseal'],
        args: ['scan', '--cluster', '--output', 'json'],
        env: [
          {
            name: 'EDGESEAL_ALERT_URL',
            valueFrom: { secretKeyRef: { name: alertSecret, key: 'url', optional: true } },
          },
        ],
        resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '512Mi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
      },
    ],
    volumes: [{ name: 'tmp', emptyDir: {} }],
  };
}
