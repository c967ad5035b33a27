import { cluster } from './command-options.ts';
import type { CommandSpec } from './command-spec.ts';

/** Commands that put a region's controller in place, and out again. */
export const clusterCommands: CommandSpec[] = [
  {
    usage: 'install <region>',
    summary: "put a region's controller into a cluster, or bring what is there up to date",
    options: [
      ...cluster,
      ['--image <ref>', 'image of the controller (default: the one installed before)'],
      ['--mirror <url>', 'where to fetch from (default: edgeseal.yaml); may be repeated', 'many'],
      ['--mirror-secret <name>', 'Secret there with username and password, or token, for mirrors'],
      [
        '--key <file>',
        'private region key to put into the cluster (default: its controller makes one)',
        'many',
      ],
      ['--values <file>', "values as the chart's, such as kind: DaemonSet (default: as before)"],
      ['--renew-floor', 'say that the published snapshot is the newest, though the store was lost'],
      ['--print', 'print the manifests instead'],
      ['--print-values', 'print all values instead, for the Helm chart'],
      ['--dry-run', 'let the API server try it, change nothing'],
      ['--force-conflicts', 'also set what somebody else has changed'],
      ['--wait [duration]', 'until the pods are ready, at most 5m'],
    ],
    examples: [
      'install us-east --context edge-1 --image registry.example.com/edgeseal:0.1.0',
      'install us-east --context edge-1 --dry-run',
      'install us-east --image registry.example.com/edgeseal:0.1.0 --print',
    ],
    load: () => import('../commands/install.ts'),
  },
  {
    usage: 'renew-floor <region>',
    summary: 'let a controller go on that has lost its store and its mark (FloorNeeded)',
    options: [
      ...cluster,
      [
        '--config <file>',
        'the RegionSync file of a controller on this machine, instead of a cluster',
      ],
      [
        '--bundle <file>',
        'a bundle with the newest snapshot (default: what the publish remote has)',
      ],
      ['--timeout <duration>', 'how long to wait for the controller to go on (default: 2m)'],
      ['-y, --yes', 'do not ask'],
    ],
    examples: [
      'renew-floor us-east --context edge-1',
      'renew-floor us-east --config /etc/edgeseal/region-sync.yaml --bundle us-east.bundle',
    ],
    load: () => import('../commands/renew-floor.ts'),
  },
  {
    usage: 'uninstall <region>',
    summary: "take a region's controller out of a cluster; Secrets stay",
    options: [
      ...cluster,
      ['--delete-secrets', 'also delete the Secrets that it has made'],
      ['--dry-run', 'say what would be removed'],
      ['-y, --yes', 'do not ask'],
    ],
    examples: ['uninstall us-east --context edge-1'],
    load: () => import('../commands/uninstall.ts'),
  },
];
