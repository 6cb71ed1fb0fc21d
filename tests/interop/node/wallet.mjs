// A foreign wallet: @openid4vc/openid4vci, through the whole pre-authorized-code flow. One request as JSON on standard
// input, one answer on standard output.
//
// {"offer": link, "tx_code": text?, "configurations": [id], "keys": [{"x", "d"}], "identifier": url, "address": url}
//   -> {"credentials": {id: [credential]}, "formats": {id: text}} | {"error": text, "code": text?}
//
// The issuer's identifier is an https address; requests to it go to the given address on this machine.

import crypto from 'node:crypto';
import {readFileSync} from 'node:fs';

import {clientAuthenticationAnonymous} from '@openid4vc/oauth2';
import {Openid4vciClient} from '@openid4vc/openid4vci';

const request = JSON.parse(readFileSync(0, 'utf8'));

const secrets = new Map(request.keys.map(key => [
  key.x, crypto.createPrivateKey({key: {kty: 'OKP', crv: 'Ed25519', ...key}, format: 'jwk'})]));

const part = value => Buffer.from(JSON.stringify(value)).toString('base64url');

const refuse = name => async () => {
  throw new Error(`${name} is not part of this flow`);
};

const callbacks = {
  fetch: (url, init) => {
    const text = String(url);
    if(!text.startsWith(request.identifier)) {
      throw new Error(`nothing is fetched from elsewhere: ${text}`);
    }
    return fetch(request.address + text.slice(request.identifier.length), init);
  },
  hash: (data, algorithm) => crypto.createHash(algorithm.replace('-', '')).update(data).digest(),
  generateRandom: bytes => crypto.randomBytes(bytes),
  signJwt: async (signer, {header, payload}) => {
    const signed = `${part(header)}.${part(payload)}`;
    const key = secrets.get(signer.publicJwk.x);
    const signature = crypto.sign(null, Buffer.from(signed), key).toString('base64url');
    return {jwt: `${signed}.${signature}`, signerJwk: signer.publicJwk};
  },
  clientAuthentication: clientAuthenticationAnonymous(),
  decryptJwe: refuse('decryption'),
  encryptJwe: refuse('encryption'),
  verifyJwt: refuse('verification')
};

async function flow() {
  const client = new Openid4vciClient({callbacks});
  const credentialOffer = await client.resolveCredentialOffer(request.offer);
  const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer);
  const {accessTokenResponse} = await client.retrievePreAuthorizedCodeAccessTokenFromOffer(
    {credentialOffer, issuerMetadata, txCode: request.tx_code});
  const accessToken = accessTokenResponse.access_token;
  const answer = {credentials: {}, formats: {}};
  for(const credentialConfigurationId of request.configurations) {
    const {c_nonce: nonce} = await client.requestNonce({issuerMetadata});
    const jwt = [];
    for(const {x} of request.keys) {
      const signer = {method: 'jwk', alg: 'EdDSA', publicJwk: {kty: 'OKP', crv: 'Ed25519', x}};
      const proof = await client.createCredentialRequestJwtProof(
        {issuerMetadata, credentialConfigurationId, signer, nonce, issuedAt: new Date()});
      jwt.push(proof.jwt);
    }
    const {credentialResponse} = await client.retrieveCredentials(
      {issuerMetadata, accessToken, credentialConfigurationId, proofs: {jwt}});
    answer.credentials[credentialConfigurationId] =
      credentialResponse.credentials.map(({credential}) => credential);
    answer.formats[credentialConfigurationId] =
      issuerMetadata.credentialIssuer.credential_configurations_supported[credentialConfigurationId].format;
    await client.sendNotification({
      issuerMetadata, accessToken,
      notification: {notificationId: credentialResponse.notification_id, event: 'credential_accepted'}
    });
  }
  return answer;
}

const outcome = await flow().catch(error => ({
  error: String(error.message), code: error.errorResponse?.error ?? error.response?.credentialErrorResponse?.error
}));
console.log(JSON.stringify(outcome));
