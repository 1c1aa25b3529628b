import 'reflect-metadata';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { writeAtomically } from '../system/files.ts';
import { hasRole, joins, runsKubelet, type Layout } from './layout.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const years = 10;

interface Authority {
  certificate: x509.X509Certificate;
  privateKey: CryptoKey;
}

interface Leaf {
  file: string;
  authority: string;
  /** Common name: the user, for Kubernetes; organization: the user's group. */
  commonName: string;
  organization?: string;
  dns?: readonly string[];
  addresses?: readonly string[];
}

/**
 * Makes every certificate and key of a lab in `<folder>/pki`, PEM, valid for ten years, private keys readable by the
 * owner only. Names of users and groups are those that Kubernetes' RBAC bootstrap policy knows
 * (https://kubernetes.io/docs/setup/best-practices/certificates/). Does nothing where all of it is there.
 */
export async function makeCertificates(layout: Layout, folder: string): Promise<void> {
  const pki = join(folder, 'pki');
  const done = join(pki, 'complete');
  if (existsSync(done)) return;
  x509.cryptoProvider.set(crypto);
  const authorities = new Map<string, Authority>();
  for (const name of ['ca', 'etcd-ca', 'front-proxy-ca']) {
    authorities.set(name, await makeAuthority(pki, name, name === 'ca' ? 'kubernetes-ca' : name));
  }
  await Promise.all(leaves(layout).map((leaf) => makeLeaf(pki, leaf, authorities)));
  await makeServiceAccountKey(pki);
  await writeAtomically(done, '');
}

function leaves(layout: Layout): Leaf[] {
  const controllers = layout.machines.filter((machine) => hasRole(machine, 'controller'));
  const local = { dns: ['localhost'], addresses: ['127.0.0.1'] };
  return [
    ...layout.machines
      .filter((machine) => hasRole(machine, 'etcd'))
      .map(({ name, address }) => ({
        file: `etcd-${name}`,
        authority: 'etcd-ca',
        commonName: name,
        dns: [name, ...local.dns],
        addresses: [address, ...local.addresses],
      })),
    { file: 'etcd-client', authority: 'etcd-ca', commonName: 'root' },
    {
      file: 'apiserver',
      authority: 'ca',
      commonName: 'kube-apiserver',
      dns: [
        'kubernetes',
        'kubernetes.default',
        'kubernetes.default.svc',
        'kubernetes.default.svc.cluster.local',
        ...controllers.map(({ name }) => name),
        ...local.dns,
      ],
      addresses: ['10.3.0.1', ...controllers.map(({ address }) => address), ...local.addresses],
    },
    {
      file: 'apiserver-kubelet-client',
      authority: 'ca',
      commonName: 'kube-apiserver-kubelet-client',
      organization: 'system:masters',
    },
    { file: 'front-proxy-client', authority: 'front-proxy-ca', commonName: 'front-proxy-client' },
    { file: 'admin', authority: 'ca', commonName: 'admin', organization: 'system:masters' },
    ...['kube-controller-manager', 'kube-scheduler', 'kube-proxy'].map((name) => ({
      file: name,
      authority: 'ca',
      commonName: `system:${name}`,
    })),
    ...layout.machines
      .filter((machine) => runsKubelet(machine) && !joins(machine))
      .map(({ name, address }) => ({
        file: `kubelet-${name}`,
        authority: 'ca',
        commonName: `system:node:${name}`,
        organization: 'system:nodes',
        dns: [name],
        addresses: [address],
      })),
  ];
}

const validity = (): { notBefore: Date; notAfter: Date } => {
  // An hour back: a virtual machine's clock may be behind the host's.
  const notBefore = new Date(Date.now() - 3_600_000);
  const notAfter = new Date(notBefore);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + years);
  return { notBefore, notAfter };
};

const serial = (): string =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(8)))
    .toString('hex')
    .replace(/^[89a-f]/, '1');

async function makeAuthority(pki: string, name: string, commonName: string): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=${commonName}`,
    ...validity(),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  await writePair(pki, name, certificate, keys.privateKey);
  return { certificate, privateKey: keys.privateKey };
}

async function makeLeaf(pki: string, leaf: Leaf, authorities: ReadonlyMap<string, Authority>): Promise<void> {
  const authority = authorities.get(leaf.authority);
  if (!authority) throw new Error(`no certificate authority ${leaf.authority}`);
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const names: x509.JsonGeneralNames = [
    ...(leaf.dns ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(leaf.addresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: [...(leaf.organization ? [{ O: [leaf.organization] }] : []), { CN: [leaf.commonName] }],
    issuer: authority.certificate.subject,
    ...validity(),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: authority.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  await writePair(pki, leaf.file, certificate, keys.privateKey);
}

async function writePair(pki: string, name: string, certificate: x509.X509Certificate, key: CryptoKey): Promise<void> {
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', key);
  await writeAtomically(join(pki, `${name}.key`), `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`, {
    mode: 0o600,
  });
  await writeAtomically(join(pki, `${name}.crt`), `${certificate.toString('pem')}\n`);
}

async function makeServiceAccountKey(pki: string): Promise<void> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await writeAtomically(join(pki, 'sa.key'), pem, { mode: 0o600 });
  const publicPem = createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString();
  await writeAtomically(join(pki, 'sa.pub'), publicPem);
}
