// Gets a credential from an offer: node receive.mjs OFFER TX_CODE
// Prints {"issuer", "schema", "c_nonce"}, reads the proofs for them as a line of JSON, and prints the credential response.
import { createHash, randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { clientAuthenticationNone } from '@openid4vc/oauth2';
import { Openid4vciClient } from '@openid4vc/openid4vci';
import { setGlobalConfig } from '@openid4vc/utils';

setGlobalConfig({ allowInsecureUrls: true });

const [offer, txCode] = process.argv.slice(2);
const unused = (name) => async () => {
  throw new Error(`${name} is not needed for a proof that is no JWT`);
};
const client = new Openid4vciClient({
  callbacks: {
    hash: (data, algorithm) => createHash(algorithm.replace('-', '')).update(data).digest(),
    generateRandom: (bytes) => randomBytes(bytes),
    clientAuthentication: clientAuthenticationNone({ clientId: 'a-foreign-wallet' }),
    signJwt: unused('signJwt'),
    verifyJwt: unused('verifyJwt'),
    encryptJwe: unused('encryptJwe'),
    decryptJwe: unused('decryptJwe'),
  },
});

const credentialOffer = await client.resolveCredentialOffer(offer);
const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer);
const { accessTokenResponse } = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({
  credentialOffer,
  issuerMetadata,
  txCode,
});
const { c_nonce } = await client.requestNonce({ issuerMetadata });
const [schema] = credentialOffer.credential_configuration_ids;
console.log(JSON.stringify({ issuer: credentialOffer.credential_issuer, schema, c_nonce }));

for await (const line of createInterface({ input: process.stdin })) {
  const { credentialResponse } = await client.retrieveCredentials({
    issuerMetadata,
    accessToken: accessTokenResponse.access_token,
    credentialConfigurationId: schema,
    proofs: JSON.parse(line),
  });
  console.log(JSON.stringify(credentialResponse));
  break;
}
process.exit(0);
