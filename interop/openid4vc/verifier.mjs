// Asks as a verifier and waits for one answer: node verifier.mjs CERTIFICATE_FOLDER REQUEST_URI
// The query and the statements about the matter are those of the request at REQUEST_URI; everything else is this
// verifier's own: signature, nonce, state, encryption key, address. Prints the link on a line of its own, then what came.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { createHash, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { Openid4vpVerifier } from '@openid4vc/openid4vp';
import { setGlobalConfig } from '@openid4vc/utils';
import { CompactSign, compactDecrypt, decodeJwt, exportJWK, generateKeyPair } from 'jose';

setGlobalConfig({ allowInsecureUrls: true });

const [folder, theirs] = process.argv.slice(2);
const signingKey = createPrivateKey(await readFile(`${folder}/counter.key`));
const leaf = new X509Certificate(await readFile(`${folder}/counter.pem`));
const clientId = `x509_hash:${createHash('sha256').update(leaf.raw).digest('base64url')}`;
const encryption = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
const encryptionJwk = { ...(await exportJWK(encryption.publicKey)), kid: 'for-this-request', use: 'enc', alg: 'ECDH-ES' };

let enc;
const callbacks = {
  signJwt: async (signer, { header, payload }) => {
    const bytes = new TextEncoder().encode(JSON.stringify(payload));
    const jwt = await new CompactSign(bytes).setProtectedHeader(header).sign(signingKey);
    return { jwt, signerJwk: await exportJWK(leaf.publicKey) };
  },
  decryptJwe: async (jwe) => {
    const { plaintext, protectedHeader } = await compactDecrypt(jwe, encryption.privateKey);
    enc = protectedHeader.enc;
    return { decrypted: true, payload: new TextDecoder().decode(plaintext), decryptionJwk: encryptionJwk };
  },
  verifyJwt: async () => ({ verified: false }),
  encryptJwe: async () => { throw new Error('a verifier encrypts nothing'); },
  hash: (data, algorithm) => createHash(algorithm.replace('-', '')).update(data).digest(),
};
const verifier = new Openid4vpVerifier({ callbacks });

const server = createServer();
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const base = `http://127.0.0.1:${server.address().port}`;
const { dcql_query, verifier_info } = decodeJwt(await (await fetch(theirs)).text());
const created = await verifier.createOpenId4vpAuthorizationRequest({
  authorizationRequestPayload: {
    response_type: 'vp_token',
    response_mode: 'direct_post.jwt',
    response_uri: `${base}/response`,
    client_id: clientId,
    nonce: randomBytes(24).toString('base64url'),
    state: randomBytes(24).toString('base64url'),
    dcql_query,
    verifier_info,
    client_metadata: {
      vp_formats_supported: { 'yong-zkp+json': {} },
      jwks: { keys: [encryptionJwk] },
      encrypted_response_enc_values_supported: ['A128GCM'],
    },
  },
  jar: {
    requestUri: `${base}/request`,
    jwtSigner: { method: 'x5c', alg: 'ES256', x5c: [leaf.raw.toString('base64')] },
    expiresInSeconds: 120,
    additionalJwtPayload: { aud: 'https://self-issued.me/v2' },
  },
});
const request = created.authorizationRequestPayload;

server.on('request', async (asked, answer) => {
  if (asked.url === '/request') {
    answer.setHeader('content-type', 'application/oauth-authz-req+jwt').end(created.jar.authorizationRequestJwt);
    return;
  }
  let body = '';
  for await (const chunk of asked) body += chunk;
  const authorizationResponse = Object.fromEntries(new URLSearchParams(body));
  try {
    const parsed = await verifier.parseOpenid4vpAuthorizationResponse({
      authorizationResponse,
      authorizationRequestPayload: request,
      // This version takes them from here, not from the constructor.
      callbacks,
    });
    const { vp_token, state } = parsed.authorizationResponsePayload;
    console.log(JSON.stringify({ vp_token, state: state === request.state, enc }));
    answer.setHeader('content-type', 'application/json').end('{}', () => process.exit(0));
  } catch (error) {
    console.error(error);
    answer.writeHead(400).end('{"error":"malformed"}', () => process.exit(1));
  }
});
console.log(created.authorizationRequest);
