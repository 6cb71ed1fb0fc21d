// A foreign wallet: @openid4vc/openid4vp for the request and the answer, @sd-jwt for the presentation. One request as JSON
// on standard input, one answer on standard output.
//
// {"link": "openid4vp://…", "base": url, "address": url, "sd_jwt": text, "key": {"x", "d"}}
//   -> {"status": number, "client": prefix, "version": number} | {"error": text}
//
// The keys of a request object come from the did:key that its client id names. The desk has an https address, which is its
// base; requests to it go to the given address on this machine, and nothing is fetched from elsewhere.

import crypto from 'node:crypto';
import {readFileSync} from 'node:fs';

import {Openid4vpClient} from '@openid4vc/openid4vp';
import {SDJwtVcInstance} from '@sd-jwt/sd-jwt-vc';

const request = JSON.parse(readFileSync(0, 'utf8'));

const part = bytes => Buffer.from(bytes, 'base64url');

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

// The 32 bytes of an Ed25519 did:key: base58btc, after the two bytes that name the algorithm.
function keyOf(did) {
  let number = 0n;
  for(const character of did.slice('did:key:z'.length)) {
    number = number * 58n + BigInt(ALPHABET.indexOf(character));
  }
  const bytes = Buffer.from(number.toString(16).padStart(68, '0'), 'hex');
  if(bytes[0] !== 0xed || bytes[1] !== 0x01) {
    throw new Error('no Ed25519 key');
  }
  return {kty: 'OKP', crv: 'Ed25519', x: bytes.subarray(2).toString('base64url')};
}

const refuse = name => async () => {
  throw new Error(`${name} is not part of this flow`);
};

const callbacks = {
  fetch: (url, init) => {
    if(!String(url).startsWith(request.base)) {
      throw new Error(`nothing is fetched from elsewhere: ${url}`);
    }
    return fetch(request.address + String(url).slice(request.base.length), init);
  },
  hash: (data, algorithm) => crypto.createHash(algorithm.replace('-', '')).update(data).digest(),
  generateRandom: bytes => crypto.randomBytes(bytes),
  verifyJwt: async (signer, {compact}) => {
    const jwk = keyOf(signer.didUrl.split('#')[0]);
    const [header, payload, signature] = compact.split('.');
    const key = crypto.createPublicKey({key: jwk, format: 'jwk'});
    const verified = crypto.verify(null, Buffer.from(`${header}.${payload}`), key, part(signature));
    return {verified, signerJwk: jwk};
  },
  signJwt: refuse('signing'),
  decryptJwe: refuse('decryption'),
  encryptJwe: refuse('encryption')
};

async function flow() {
  const client = new Openid4vpClient({callbacks});
  const parsed = client.parseOpenid4vpAuthorizationRequest({authorizationRequest: request.link});
  const resolved = await client.resolveOpenId4vpAuthorizationRequest({authorizationRequestPayload: parsed.params});
  const asked = resolved.authorizationRequestPayload;
  const query = resolved.dcql.query.credentials.find(({format}) => format === 'dc+sd-jwt');
  const names = query.claims.map(({path: [name]}) => name);
  const secret = crypto.createPrivateKey({key: {kty: 'OKP', crv: 'Ed25519', ...request.key}, format: 'jwk'});
  const holder = new SDJwtVcInstance({
    hashAlg: 'sha-256', kbSignAlg: 'EdDSA',
    hasher: callbacks.hash,
    kbSigner: data => crypto.sign(null, Buffer.from(data), secret).toString('base64url')
  });
  const frame = Object.fromEntries(names.map(name => [name, true]));
  const payload = {iat: Math.floor(Date.now() / 1000), aud: asked.client_id, nonce: asked.nonce};
  const presentation = await holder.present(request.sd_jwt, frame, {kb: {payload}});
  const {authorizationResponsePayload} = await client.createOpenid4vpAuthorizationResponse({
    authorizationRequestPayload: asked,
    authorizationResponsePayload: {vp_token: {[query.id]: [presentation]}}
  });
  const {response} = await client.submitOpenid4vpAuthorizationResponse({
    authorizationRequestPayload: asked, authorizationResponsePayload
  });
  return {status: response.status, client: resolved.client.prefix, version: resolved.version};
}

const outcome = await flow().catch(error => ({error: `${error.message} ${error.cause?.message ?? ''}`}));
process.stdout.write(`${JSON.stringify(outcome)}\n`);
