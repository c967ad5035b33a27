import type { KubeObject } from '../../core/kube/watch.ts';
import type { Place } from './finding.ts';

export interface ConfigMapObject extends KubeObject {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
}

interface Container {
  name: string;
  command?: string[];
  args?: string[];
  env?: { name: string; value?: string }[];
}

export interface PodObject extends KubeObject {
  spec: {
    containers: Container[];
    initContainers?: Container[];
    ephemeralContainers?: Container[];
  };
  status?: {
    phase?: string;
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
    ephemeralContainerStatuses?: ContainerStatus[];
  };
}

export interface ContainerStatus {
  name: string;
  restartCount: number;
  state?: { waiting?: unknown; running?: unknown; terminated?: unknown };
}

/** Made by Kubernetes in every namespace; a certificate. */
const ownConfigMap = 'kube-root-ca.crt';

/** Each entry of a ConfigMap, and its annotations: `kubectl apply` keeps the whole manifest in one. */
export function* placesOfConfigMap(object: ConfigMapObject): Generator<Place> {
  const { name, namespace = '' } = object.metadata;
  if (name === ownConfigMap) return;
  const file = `configmap/${namespace}/${name}`;
  const look = `kubectl get configmap -n ${namespace} ${name} -o yaml`;
  for (const [key, text] of Object.entries(object.data ?? {})) {
    // Of one line, name and value together: an entry `db-password` is known by its name.
    const content = text.trimEnd().includes('\n')
      ? { kind: kindOf(key), bytes: Buffer.from(text) }
      : assignment(key, text);
    yield { file: `${file}/${key}`, look, ...content };
  }
  for (const [key, text] of Object.entries(object.binaryData ?? {}))
    yield { file: `${file}/${key}`, kind: kindOf(key), look, bytes: Buffer.from(text, 'base64') };
  yield* placesOfAnnotations(object, file, look);
}

/** What a pod is started with: environment, command and arguments of each container, and the annotations. */
export function* placesOfPod(object: PodObject): Generator<Place> {
  const { name, namespace = '' } = object.metadata;
  const file = `pod/${namespace}/${name}`;
  const look = `kubectl get pod -n ${namespace} ${name} -o yaml`;
  for (const container of containersOf(object)) {
    for (const { name: variable, value } of container.env ?? []) {
      if (value === undefined || value === '') continue;
      yield {
        file: `${file}/${container.name}/env/${variable}`,
        look,
        ...assignment(variable, value),
      };
    }
    for (const part of ['command', 'args'] as const) {
      const words = container[part];
      if (words === undefined) continue;
      const bytes = Buffer.from(words.join('\n'));
      yield { file: `${file}/${container.name}/${part}`, kind: 'start.sh', look, bytes };
    }
  }
  yield* placesOfAnnotations(object, file, look);
}

/** All containers of a pod, in the order in which they are started. */
export function containersOf({ spec }: PodObject): Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
}

function* placesOfAnnotations(object: KubeObject, file: string, look: string): Generator<Place> {
  for (const [key, text] of Object.entries(object.metadata.annotations ?? {})) {
    const kind = /^\s*[{[]/.test(text) ? 'annotation.json' : 'annotation.txt';
    yield { file: `${file}/annotation/${key}`, kind, look, bytes: Buffer.from(text) };
  }
}

/** A key without an ending is read like settings. */
function kindOf(key: string): string {
  return /\.[A-Za-z0-9]+$/.test(key) ? key : `${key}.txt`;
}

/** A single value, written as a line of settings so that its name is judged too. */
function assignment(
  name: string,
  value: string,
): Pick<Place, 'kind' | 'bytes' | 'charactersBefore'> {
  const isPlain = !/[\s'"#\\$]/.test(value);
  const bytes = Buffer.from(`${name}=${isPlain ? value : JSON.stringify(value)}`);
  return { kind: '.env', bytes, charactersBefore: name.length + (isPlain ? 1 : 2) };
}
