// Answers a request with a presentation from a file: node wallet.mjs LINK PRESENTATION.json
// Prints {"status", "encrypted", "body"}. The protocol is the library's; only hashing, keys and files are here.
import { readFile } from 'node:fs/promises';
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { Openid4vpClient } from '@openid4vc/openid4vp';
import { setGlobalConfig } from '@openid4vc/utils';
import { CompactEncrypt, compactVerify, exportJWK, importJWK } from 'jose';

setGlobalConfig({ allowInsecureUrls: true });

const unused = (name) => async () => {
  throw new Error(`${name} is not needed to answer a request`);
};

async function verifyJwt(signer, { compact }) {
  const key = new X509Certificate(Buffer.from(signer.x5c[0], 'base64')).publicKey;
  await compactVerify(compact, key, { algorithms: ['ES256'] });
  return { verified: true, signerJwk: await exportJWK(key) };
}

async function encryptJwe(encryptor, data) {
  const key = await importJWK(encryptor.publicJwk, 'ECDH-ES');
  const header = { alg: 'ECDH-ES', enc: encryptor.enc, kid: encryptor.publicJwk.kid };
  const jwe = await new CompactEncrypt(new TextEncoder().encode(data)).setProtectedHeader(header).encrypt(key);
  return { jwe, encryptionJwk: encryptor.publicJwk };
}

const [link, file] = process.argv.slice(2);
const client = new Openid4vpClient({
  callbacks: {
    hash: (data, algorithm) => createHash(algorithm.replace('-', '')).update(data).digest(),
    generateRandom: (bytes) => randomBytes(bytes),
    verifyJwt,
    encryptJwe,
    signJwt: unused('signJwt'),
    decryptJwe: unused('decryptJwe'),
    clientAuthentication: unused('clientAuthentication'),
    getX509CertificateMetadata: () => ({ sanDnsNames: [], sanUriNames: [] }),
  },
});

const parsed = client.parseOpenid4vpAuthorizationRequest({ authorizationRequest: link });
const resolved = await client.resolveOpenId4vpAuthorizationRequest({ authorizationRequestPayload: parsed.params });
const request = resolved.authorizationRequestPayload;
const [query] = resolved.dcql.query.credentials;
const presentation = JSON.parse(await readFile(file, 'utf8'));

const created = await client.createOpenid4vpAuthorizationResponse({
  authorizationRequestPayload: request,
  authorizationResponsePayload: { vp_token: { [query.id]: [presentation] } },
  jarm: {
    encryption: { nonce: randomBytes(16).toString('base64url') },
    serverMetadata: {
      authorization_signing_alg_values_supported: [],
      authorization_encryption_alg_values_supported: ['ECDH-ES'],
      authorization_encryption_enc_values_supported: ['A256GCM', 'A128GCM'],
    },
  },
});
const { response } = await client.submitOpenid4vpAuthorizationResponse({
  authorizationRequestPayload: request,
  authorizationResponsePayload: created.authorizationResponsePayload,
  jarm: created.jarm,
});
const body = await response.json().catch(() => null);
console.log(JSON.stringify({ status: response.status, encrypted: Boolean(created.jarm?.responseJwt), body }));
