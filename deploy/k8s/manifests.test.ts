/**
 * The manifests against the code; `npm run check:deploy` builds the overlays and checks them against the published
 * schemas.
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { EMULATOR_IMAGE, KAFKA_IMAGE } from '../../src/infra/types.ts';
import { KNOWN_VARIABLES } from '../settings-names.ts';

const read = (file: string): string => readFileSync(path.join(import.meta.dirname, file), 'utf8');
const FILES = globSync('{base,overlays/*}/*.yaml', { cwd: import.meta.dirname });
// biome-ignore lint/suspicious/noExplicitAny: manifests are looked into as they come
const documents: any[] = FILES.flatMap((file) => parseAllDocuments(read(file)).map((one) => one.toJS()));
const ofKind = (kind: string) => documents.filter((one) => one.kind === kind);
const [stateful] = ofKind('StatefulSet');
const pod = stateful.spec.template.spec;
const [processor] = pod.containers;
const settings = Object.fromEntries(
  read('base/settings.env')
    .trim()
    .split('\n')
    .map((line) => line.split('=', 2) as [string, string]),
);

test('every setting of base and overlays exists', () => {
  const merged = ofKind('Kustomization').flatMap(({ configMapGenerator }) =>
    (configMapGenerator ?? []).flatMap(({ literals }: { literals?: string[] }) => literals ?? []),
  );
  const names = [...Object.keys(settings), ...merged.map((literal: string) => literal.split('=')[0]!)];
  expect(names.length).toBeGreaterThan(15);
  expect(names.filter((name) => !KNOWN_VARIABLES.has(name))).toEqual([]);
});

test('in production the password is a file that only the pod can read, named by its setting', () => {
  const { patches } = ofKind('Kustomization').find(({ resources }) => resources?.includes('pod-monitor.yaml'));
  const patch = parse(patches.at(-1).patch).spec.template.spec;
  const [{ env, volumeMounts }] = patch.containers;
  const names = env.map(({ name }: { name: string }) => name);
  expect(names.filter((name: string) => !KNOWN_VARIABLES.has(name))).toEqual([]);
  const file = env.find(({ name }: { name: string }) => name === 'KAFKA_SASL_PASSWORD_FILE').value;
  const [{ secret }] = patch.volumes;
  expect(file).toBe(`${volumeMounts[0].mountPath}/${secret.items[0].path}`);
  expect([secret.items[0].key, secret.defaultMode]).toEqual(['KAFKA_SASL_PASSWORD', 0o440]);
});

test('Services of the namespace set no variable of ours', () => {
  const [cron] = ofKind('CronJob');
  expect([pod.enableServiceLinks, cron.spec.jobTemplate.spec.template.spec.enableServiceLinks]).toEqual([false, false]);
});

test('the state is on a claim of each replica, where the setting says', () => {
  const [claim] = stateful.spec.volumeClaimTemplates;
  const mount = processor.volumeMounts.find(({ name }: { name: string }) => name === claim.metadata.name);
  expect(mount.mountPath).toBe(settings.CHECKPOINT_LOCATION);
  expect(pod.securityContext.fsGroup).toBe(10_001);
});

test('a restart is for a process that does not answer; readiness says why it does not work', () => {
  expect(processor.livenessProbe.httpGet.path).toBe('/livez');
  expect(processor.startupProbe.httpGet.path).toBe('/livez');
  expect(processor.readinessProbe.httpGet.path).toBe('/readyz');
  expect(String(processor.ports[0].containerPort)).toBe(settings.METRICS_PORT);
  expect(settings.METRICS_HOST).toBe('0.0.0.0');
});

test('a stop is given longer than the processor takes for it', () => {
  expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(Number.parseInt(settings.STOP_TIMEOUT!, 10) + 10);
});

test('our pods run as the image does: no root, read-only root file system, no capability, bounded memory', () => {
  const workloads = [
    ...ofKind('StatefulSet'),
    ...ofKind('Deployment'),
    ...ofKind('CronJob').map(({ spec }) => spec.jobTemplate),
  ];
  const templates = workloads
    .flatMap(({ spec }) => spec?.template?.spec ?? [])
    .filter((spec) => spec.containers[0].args !== undefined);
  const ours = templates.filter(({ containers }) => /^payment-/.test(containers[0].image));
  expect(ours.map(({ containers }) => containers[0].args[0])).toEqual(
    expect.arrayContaining(['process', 'simulate', 'reconcile']),
  );
  for (const { securityContext, containers } of ours) {
    expect(securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 10_001,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(containers[0].resources.limits.memory).toMatch(/^\d+[MG]i$/);
  }
});

test('budget, policy and monitor select the pods that there are', () => {
  const name = { 'app.kubernetes.io/name': 'payment-processor' };
  expect(stateful.spec.template.metadata.labels).toEqual(name);
  expect(ofKind('PodDisruptionBudget')[0].spec.selector.matchLabels).toEqual(name);
  expect(ofKind('PodMonitor')[0].spec.selector.matchLabels).toEqual(name);
  // kustomize puts the policy's label on, on templates too.
  const [{ labels }] = [parse(read('base/kustomization.yaml'))];
  expect(labels[0]).toMatchObject({
    pairs: ofKind('NetworkPolicy')[0].spec.podSelector.matchLabels,
    includeTemplates: true,
  });
});

test('the dev overlay runs the parts that the tests run, with the same cure', () => {
  const images = ofKind('Deployment').map(({ spec }) => spec.template.spec.containers[0].image);
  expect(images).toEqual(expect.arrayContaining([KAFKA_IMAGE, EMULATOR_IMAGE]));
  expect(read('overlays/dev/sitecustomize.py')).toBe(read('../../src/infra/emulator/sitecustomize.py'));
});
