import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import type { CertificateRequest } from '../../../scripts/lab/scale/requests.ts';

export interface Asked {
  name: string;
  commonName?: string;
  organizations?: string[];
  /** `{ type: 'dns', value: 'w3' }`. */
  names?: x509.JsonGeneralNames;
  signerName?: string;
  username?: string;
  groups?: string[];
  usages?: string[];
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A request for a client certificate of node w3, as a kubelet with the token `abcdef` sends it, but for what is said. */
export async function clientRequest(asked: Asked): Promise<CertificateRequest> {
  x509.cryptoProvider.set(crypto);
  const { commonName = 'system:node:w3', organizations = ['system:nodes'], names = [] } = asked;
  const generated = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [...organizations.map((value) => ({ O: [value] })), { CN: [commonName] }],
    keys: await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']),
    signingAlgorithm: algorithm,
    extensions: names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : [],
  });
  return {
    metadata: { name: asked.name, resourceVersion: '1' },
    spec: {
      request: Buffer.from(generated.toString('pem')).toString('base64'),
      signerName: asked.signerName ?? 'kubernetes.io/kube-apiserver-client-kubelet',
      username: asked.username ?? 'system:bootstrap:abcdef',
      groups: asked.groups ?? ['system:bootstrappers', 'system:authenticated'],
      usages: asked.usages ?? ['digital signature', 'client auth'],
    },
  };
}

/** A request for the certificate that node w3 shows to the API server, but for what is said. */
export const servingRequest = (asked: Asked): Promise<CertificateRequest> =>
  clientRequest({
    signerName: 'kubernetes.io/kubelet-serving',
    username: asked.commonName ?? 'system:node:w3',
    groups: ['system:nodes', 'system:authenticated'],
    usages: ['digital signature', 'server auth'],
    names: [
      { type: 'dns', value: 'w3' },
      { type: 'ip', value: '10.0.3.203' },
    ],
    ...asked,
  });
