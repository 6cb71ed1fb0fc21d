// Verifies a credential with software that is not Sanad's, as anybody can: @digitalbazaar/vc for W3C credentials, its
// Bitstring Status List, and @sd-jwt/sd-jwt-vc.
//
//     node verify.mjs card.vc.json --service https://issuer.example
//     node verify.mjs card.sd-jwt --service https://issuer.example
//
// --service is where the issuer's keys and its context are fetched; --lists where its status lists lie, for an issuer
// that is tried out on one machine and whose lists are not at their own address yet. Prints what was verified and ends
// with 0, or why not and ends with 1; 2 for a wrong call.

import crypto from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {parseArgs} from 'node:util';

import * as vc from '@digitalbazaar/vc';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {contexts as credentialContexts} from '@digitalbazaar/credentials-context';
import {contexts as proofContexts} from '@digitalbazaar/data-integrity-context';
import {createVerifyCryptosuite} from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import {cryptosuite as rdfc} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {SDJwtVcInstance} from '@sd-jwt/sd-jwt-vc';

const CONTEXT = 'urn:sanad:context:v1';

async function fetched(url) {
  const response = await fetch(url, {redirect: 'error', signal: AbortSignal.timeout(60_000)});
  if(!response.ok) {
    throw new Error(`${url}: ${response.status}`);
  }
  return response.text();
}

// ---- W3C credentials

async function loaderFor({service, lists}) {
  const known = new Map([...credentialContexts, ...proofContexts]);
  known.set(CONTEXT, JSON.parse(await fetched(`${service}/site/open/context-v1.jsonld`)));
  const did = JSON.parse(await fetched(`${service}/.well-known/did.json`));
  known.set(did.id, did);
  for(const method of did.verificationMethod) {
    known.set(method.id, {'@context': 'https://w3id.org/security/multikey/v1', ...method});
  }
  return async url => {
    const document = known.get(url) ?? JSON.parse(await fetched(lists(url)));
    return {contextUrl: null, documentUrl: url, document};
  };
}

async function verifyCredential(credential, where) {
  const documentLoader = await loaderFor(where);
  const suites = {
    'eddsa-rdfc-2022': () => rdfc,
    'eddsa-jcs-2022': createVerifyCryptosuite
  };
  const make = suites[credential.proof?.cryptosuite];
  if(!make) {
    throw new Error(`no such cryptosuite: ${credential.proof?.cryptosuite}`);
  }
  const suite = new DataIntegrityProof({cryptosuite: make()});
  // The lists are signed with a suite of their own.
  const listSuite = new DataIntegrityProof({cryptosuite: rdfc});
  const result = await vc.verifyCredential({
    credential, suite, documentLoader,
    checkStatus: ({credential}) => checkStatus({credential, documentLoader, suite: listSuite})
  });
  if(!result.verified) {
    const said = [result.error, result.statusResult?.error].flatMap(e => e?.errors ?? e ?? []);
    throw new Error(said.map(e => e.message).join('; ') || 'it does not verify');
  }
  // The library reads the bits, and leaves it to the caller what they mean.
  const set = result.statusResult.results.filter(r => r.status).map(r => r.credentialStatus.statusPurpose);
  if(set.length > 0) {
    throw new Error(`the status list says: ${set.join(', ')}`);
  }
  const {issuer, credentialSubject: {entitlement}, proof} = credential;
  return `${entitlement.type} of ${issuer}, ${proof.cryptosuite}, status lists read`;
}

// ---- SD-JWT VC

async function verifySdJwt(text, {service, lists}) {
  const {jwks} = JSON.parse(await fetched(`${service}/.well-known/jwt-vc-issuer`));
  const verifyWith = token => {
    const header = JSON.parse(Buffer.from(token.split('.')[0], 'base64url'));
    const jwk = jwks.keys.find(key => key.kid === header.kid);
    if(!jwk) {
      throw new Error(`the issuer has no key ${header.kid}`);
    }
    const key = crypto.createPublicKey({key: jwk, format: 'jwk'});
    return (data, signature) => crypto.verify(null, Buffer.from(data), key, Buffer.from(signature, 'base64url'));
  };
  let list;
  const instance = new SDJwtVcInstance({
    hashAlg: 'sha-256',
    hasher: (data, algorithm) => crypto.createHash(algorithm.replace('-', '')).update(data).digest(),
    loadTypeMetadataFormat: false,
    verifier: verifyWith(text),
    statusListFetcher: async url => list = (await fetched(lists(url))).trim(),
    statusVerifier: (data, signature) => verifyWith(list)(data, signature)
  });
  const {payload} = await instance.verify(text);
  return `${payload.entitlement.type} of ${payload.iss}, SD-JWT VC, status list read`;
}

// ---- the command

const {values, positionals} = parseArgs({
  allowPositionals: true, options: {service: {type: 'string'}, lists: {type: 'string'}}
});
if(positionals.length !== 1 || !values.service) {
  console.error('usage: node verify.mjs FILE --service URL [--lists URL]');
  process.exit(2);
}
const where = {
  service: values.service.replace(/\/$/, ''),
  lists: url => values.lists ? new URL(url.split('/').at(-1), values.lists.replace(/\/?$/, '/')).href : url
};
const text = (await readFile(positionals[0], 'utf8')).trim();
try {
  const said = text.startsWith('{') ? await verifyCredential(JSON.parse(text), where) : await verifySdJwt(text, where);
  console.log(`verified: ${said}`);
} catch(error) {
  console.log(`not verified: ${error.message}`);
  process.exit(1);
}
