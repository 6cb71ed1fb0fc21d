// A foreign peer: @digitalbazaar/vc with both EdDSA cryptosuites, and @sd-jwt. One request a line as JSON on standard
// input, one answer a line.
//
// {"context": url, "document": {...}}                          -> {}          a context of ours, to be found at its url
// {"did": url, "document": {...}}                              -> {}          a DID document or verification method
// {"verify": credential, "suite": name}                        -> {"verified": bool, "error": text}
// {"sign": credential, "suite": name, "key": {...}}            -> {"document": signed}
// {"verify_presentation": vp, "suite": name, "challenge", "domain"} -> {"verified": bool, "error": text}
// {"sign_presentation": vp, "suite": name, "key", "challenge", "domain"} -> {"document": signed}
// {"sd_verify": text, "x": base64url, "holder": base64url?, "nonce": text?, "status_list": text} -> {"verified": bool, "payload": {...}}
// {"sd_sign": payload, "frame": {...}, "key": {...}, "kid": text} -> {"document": text}
// {"sd_present": text, "frame": {...}, "key": {...}, "audience", "nonce", "iat"} -> {"document": text}
// {"bench": what, "runs": n, ...}                              -> {"microseconds": median}
//
// Nothing is fetched: the document loader knows what is packaged and what it was told.

import crypto from 'node:crypto';
import {createInterface} from 'node:readline';

import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as vc from '@digitalbazaar/vc';
import {SDJwtVcInstance} from '@sd-jwt/sd-jwt-vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {contexts as credentialContexts} from '@digitalbazaar/credentials-context';
import {contexts as proofContexts} from '@digitalbazaar/data-integrity-context';
import {createSignCryptosuite, createVerifyCryptosuite} from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import {cryptosuite as rdfc} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import jsigs from 'jsonld-signatures';

const known = new Map([...credentialContexts, ...proofContexts]);

// A did:key of Ed25519 and its one verification method, as the method's specification says.
function didKey(url) {
  const [did] = url.split('#');
  const publicKeyMultibase = did.slice('did:key:'.length);
  const method = {
    '@context': 'https://w3id.org/security/multikey/v1',
    id: `${did}#${publicKeyMultibase}`, type: 'Multikey', controller: did, publicKeyMultibase
  };
  if(url.includes('#')) {
    return method;
  }
  return {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'], id: did,
    verificationMethod: [method], assertionMethod: [method.id], authentication: [method.id]
  };
}

async function documentLoader(url) {
  const document = known.get(url) ?? (url.startsWith('did:key:') ? didKey(url) : undefined);
  if(document === undefined) {
    throw new Error(`nothing is fetched: ${url}`);
  }
  return {contextUrl: null, documentUrl: url, document};
}

async function signer(request) {
  const pair = await Ed25519Multikey.from(request.key);
  return pair.signer();
}

const {AssertionProofPurpose, AuthenticationProofPurpose} = jsigs.purposes;

const suite = {
  'eddsa-rdfc-2022': {verify: () => rdfc, sign: () => rdfc},
  'eddsa-jcs-2022': {verify: createVerifyCryptosuite, sign: createSignCryptosuite}
};

const verifySuite = name => new DataIntegrityProof({cryptosuite: suite[name].verify()});

const signSuite = async request => new DataIntegrityProof(
  {signer: await signer(request), cryptosuite: suite[request.suite].sign(), date: request.date});

const outcome = result => ({
  verified: result.verified,
  error: result.verified ? '' : String(result.error?.errors?.map(e => e.message).join('; ') ?? result.error)
});

const options = request => ({documentLoader, now: request.now, checkStatus: async () => ({verified: true})});

async function verify(request) {
  const result = await vc.verifyCredential(
    {credential: request.verify, suite: verifySuite(request.suite), ...options(request)});
  return outcome(result);
}

async function verifyPresentation(request) {
  const result = await vc.verify({
    presentation: request.verify_presentation, challenge: request.challenge, domain: request.domain,
    suite: [verifySuite('eddsa-rdfc-2022'), verifySuite('eddsa-jcs-2022')], ...options(request)
  });
  return outcome(result);
}

// ---- SD-JWT VC

const publicKey = x => crypto.createPublicKey({key: {kty: 'OKP', crv: 'Ed25519', x}, format: 'jwk'});

const verifier = x => {
  const key = publicKey(x);
  return (data, signature) => crypto.verify(null, Buffer.from(data), key, Buffer.from(signature, 'base64url'));
};

const jwtSigner = ({d, x}) => {
  const key = crypto.createPrivateKey({key: {kty: 'OKP', crv: 'Ed25519', d, x}, format: 'jwk'});
  return data => crypto.sign(null, Buffer.from(data), key).toString('base64url');
};

const instance = more => new SDJwtVcInstance({
  signAlg: 'EdDSA', kbSignAlg: 'EdDSA', hashAlg: 'sha-256',
  hasher: (data, algorithm) => crypto.createHash(algorithm.replace('-', '')).update(data).digest(),
  saltGenerator: length => crypto.randomBytes(length).toString('base64url'),
  loadTypeMetadataFormat: false,
  ...more
});

async function sdVerify(request) {
  const more = {verifier: verifier(request.x)};
  // The status list is handed over, where others would fetch it.
  more.statusListFetcher = async () => request.status_list;
  if(request.holder) {
    more.kbVerifier = verifier(request.holder);
  }
  try {
    const payload = request.sd_verify;
    const result = await instance(more).verify(payload, {
      keyBindingNonce: request.nonce, currentDate: request.now
    });
    return {verified: true, payload: result.payload, kb: result.kb?.payload};
  } catch(error) {
    return {verified: false, error: String(error)};
  }
}

async function sdSign(request) {
  const issuer = instance({signer: jwtSigner(request.key)});
  return {document: await issuer.issue(request.sd_sign, request.frame, {header: {kid: request.kid}})};
}

async function sdPresent(request) {
  const holder = instance({kbSigner: jwtSigner(request.key)});
  const kb = {payload: {aud: request.audience, nonce: request.nonce, iat: request.iat}};
  return {document: await holder.present(request.sd_present, request.frame, {kb})};
}

// ---- measuring

async function bench(request) {
  const act = {
    verify: () => verify(request),
    sign: async () => { await vc.issue({credential: request.credential, suite: await signSuite(request), documentLoader}); },
    sd_verify: () => sdVerify(request),
    raw: () => crypto.verify(null, Buffer.alloc(64), publicKey(request.x), Buffer.alloc(64))
  }[request.bench];
  const times = [];
  for(let run = 0; run < request.runs + 20; run++) {
    const started = process.hrtime.bigint();
    const result = await act();
    const spent = Number(process.hrtime.bigint() - started) / 1000;
    if(result?.verified === false) {
      throw new Error(`it does not verify: ${result.error}`);
    }
    if(run >= 20) {
      times.push(spent);
    }
  }
  times.sort((a, b) => a - b);
  return {microseconds: times[Math.floor(times.length / 2)]};
}

async function answer(request) {
  if(request.context || request.did) {
    known.set(request.context ?? request.did, request.document);
    return {};
  }
  if(request.verify && !request.bench) {
    return verify(request);
  }
  if(request.sign) {
    const purpose = new AssertionProofPurpose();
    return {document: await vc.issue(
      {credential: request.sign, suite: await signSuite(request), purpose, documentLoader})};
  }
  if(request.verify_presentation) {
    return verifyPresentation(request);
  }
  if(request.sign_presentation) {
    const purpose = new AuthenticationProofPurpose({challenge: request.challenge, domain: request.domain});
    return {document: await vc.signPresentation({
      presentation: request.sign_presentation, suite: await signSuite(request), purpose,
      challenge: request.challenge, domain: request.domain, documentLoader
    })};
  }
  if(request.bench) {
    return bench(request);
  }
  if(request.sd_verify) {
    return sdVerify(request);
  }
  if(request.sd_sign) {
    return sdSign(request);
  }
  if(request.sd_present) {
    return sdPresent(request);
  }
  throw new Error('no such request');
}

for await (const line of createInterface({input: process.stdin})) {
  let said;
  try {
    said = await answer(JSON.parse(line));
  } catch(error) {
    said = {failed: String(error?.stack ?? error)};
  }
  process.stdout.write(JSON.stringify(said) + '\n');
}
