import { expect, test } from 'vitest';
import { masked, maskedJson } from '../../scripts/system/secrets.ts';

const key64 = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj';

test.each([
  ['curl -H "Authorization: Bearer abc.def"', 'abc.def'],
  ['curl -H "Authorization: Basic bWU6aHVudGVyMg=="', 'bWU6aHVudGVyMg'],
  ['PASSWORD=hunter2 run', 'hunter2'],
  ["--from-literal=api-token='a b'", 'a b'],
  ['kubectl --token abc get pods', 'abc'],
  ['kubectl --token=ZXlKaGJHY2lPaUo= get pods', 'ZXlKaGJHY2lPaUo'],
  ['login --password "a b" now', 'a b'],
  ['AWS_SECRET_ACCESS_KEY=wJalr/x run', 'wJalr'],
  ['export MY_KEY=k1234', 'k1234'],
  ['curl -u me:hunter2 https://x', 'hunter2'],
  ['git clone https://me:hunter2@host/x', 'hunter2'],
  ['kubectl create secret generic db --from-literal=user=root --from-literal=pin=0815', '0815'],
  ['{"kind":"Secret","token":"abcdef12"}', 'abcdef12'],
  ['kubeadm join --discovery abcdef.0123456789abcdef', '0123456789abcdef'],
  ['eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrIn0.c2ln', 'eyJpc3MiOiJrIn0'],
  ['    client-key-data: LS0tLS1CRUdJTg==', 'LS0tLS1CRUdJTg'],
  [`-----BEGIN RSA PRIVATE KEY-----\n${key64}\nabc\n-----END RSA PRIVATE KEY-----`, 'abc'],
  [key64, key64],
])('secrets are masked: %s', (text, secret) => {
  expect(masked(text)).not.toContain(secret);
  expect(masked(text)).toContain('***');
  expect(masked(masked(text))).toBe(masked(text));
});

test.each([
  'kubectl get secrets --all-namespaces',
  'etcdutl snapshot restore x --initial-cluster-token again-1',
  'ETCD_INITIAL_CLUSTER_TOKEN=again-1',
  'curl -H "Authorization: Bearer $TOKEN" "$APISERVER"',
  'kubectl --token "$TOKEN" get pods',
  'TOKEN=$(kubectl create token visitor)',
  'it asks for basic authentication, or for a bearer token',
  'ETCDCTL_KEY=/lab/pki/etcd-client.key etcdctl member list',
  'curl http://127.0.0.1:8400/ --user-agent me',
  'kubectl create configmap answer --from-literal=pin=0815',
  '0123456789abcdef'.repeat(4),
])('what is no secret stays: %s', (text) => {
  expect(masked(text)).toBe(text);
});

test('every text in a value is masked, and the JSON stays whole', () => {
  const value = { at: '2026-01-01', said: ['token: abc', { line: '"password": "x"' }], seconds: 1 };
  expect(JSON.parse(maskedJson(value))).toEqual({
    ...value,
    said: ['token: ***', { line: '"password": ***' }],
  });
});
