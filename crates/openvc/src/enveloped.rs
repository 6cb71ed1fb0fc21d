//! Credentials and presentations inside a JWT (VC-JOSE-COSE), carried as `data:` URLs.
//!
//! `vc+jwt` and `vp+jwt` hold the document itself and no `vc` or `vp` claim. `application/jwt` is the older form with
//! those claims, accepted in [`Profile::LoopbackTest`] only. The media type decides which rule holds. Refuses a
//! document that is enveloped and not marked as such, other schemes and types, and an issuer who is not the key's.

use sanad_credential::{Sign, UnixTime, Unverified};
use serde_json::{Map, Value, json};

use crate::contexts::CREDENTIALS_V2;
use crate::credential::{Version, base_context, issuer, type_names, typed, validate_credential};
use crate::did::{Controllers, Purpose, VerificationMethod};
use crate::document::{member, object, one_or_many, text, text_member};
use crate::fault::{Fault, Problem};
use crate::jsonld::dataset;
use crate::jwt::{self, Jwt};
use crate::mapping::from_credential;
use crate::pinned::Stated;
use crate::profile::Profile;
use crate::proof::VerifiedProof;
use crate::verification::{
    Times, VerifiedCredential, VerifiedPresentation, Verifying, VerifyingPresentation, in_time, presented,
};

/// An enveloped credential: its JWT and the form of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EnvelopedCredential<'c> {
    token: &'c str,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The document is the payload.
    Jose,
    /// The document is the claim `vc` or `vp`.
    Claim,
}

/// A credential as `vc+jwt` in its envelope.
///
/// # Errors
/// The first fault of the credential; the signer's.
pub fn envelop<S: Sign>(
    credential: &Map<String, Value>,
    kid: &str,
    profile: Profile,
    signer: &S,
) -> Result<Map<String, Value>, Fault> {
    validate_credential(credential, profile)?;
    if from_credential(credential).is_err() {
        dataset(credential, profile)?;
    }
    let token = jwt::sign("vc+jwt", Some(kid), credential, signer)?;
    let envelope = json!({
        "@context": CREDENTIALS_V2,
        "type": "EnvelopedVerifiableCredential",
        "id": format!("data:application/vc+jwt,{token}"),
    });
    match envelope {
        Value::Object(members) => Ok(members),
        _ => Ok(Map::new()),
    }
}

/// The JWT of a `data:` URL.
fn data_url<'u>(url: &'u str, jose: &str, profile: Profile) -> Result<(&'u str, Form), Fault> {
    let form = || Fault::wanted("a data: URL with a credential or presentation as JWT").within("id");
    let (media_type, token) =
        url.strip_prefix("data:").and_then(|rest| rest.split_once(',')).ok_or_else(form)?;
    match media_type {
        found if found == jose => Ok((token, Form::Jose)),
        "application/jwt" if profile == Profile::LoopbackTest => Ok((token, Form::Claim)),
        other => Err(Fault::unknown(Problem::MalformedValue, "media type", other).within("id")),
    }
}

fn has_type(document: &Map<String, Value>, wanted: &str) -> bool {
    let types = document.get("type").map(type_names);
    matches!(types, Some(Ok(types)) if types.contains(&wanted))
}

/// The context of an envelope: the base context, alone as a text or first of several.
fn envelope_context(envelope: &Map<String, Value>) -> Result<(), Fault> {
    let contexts = one_or_many(member(envelope, "@context")?);
    if contexts.first().and_then(Value::as_str) == Some(CREDENTIALS_V2) {
        Ok(())
    } else {
        Err(Fault::wanted("the base context of the data model").within("@context"))
    }
}

impl<'c> EnvelopedCredential<'c> {
    /// What an envelope holds; none when the document is no envelope.
    pub(crate) fn read(credential: &'c Map<String, Value>) -> Result<Option<Self>, Fault> {
        if !has_type(credential, "EnvelopedVerifiableCredential") {
            return Ok(None);
        }
        envelope_context(credential)?;
        // Which profile holds is asked when it is verified.
        let (token, form) =
            data_url(text_member(credential, "id")?, "application/vc+jwt", Profile::LoopbackTest)?;
        Ok(Some(Self { token, form }))
    }

    pub(crate) fn verify(&self, verifying: &Verifying<'_>) -> Result<VerifiedCredential, Fault> {
        match self.form {
            Form::Jose => verify_jose(self.token, verifying),
            Form::Claim => verify_claim(self.token, verifying),
        }
    }

    pub(crate) fn stated(&self) -> Result<Stated, Fault> {
        let jwt = Jwt::parse(self.token, &["vc+jwt"])?;
        let credential = jwt.unverified()?;
        let issuer = issuer(&credential)?.to_owned();
        let method = method_id(&jwt, &issuer)?;
        Ok(Stated { claims: Unverified::new(from_credential(&credential)?), issuer, method: Some(method) })
    }
}

fn method_id(jwt: &Jwt<'_>, issuer: &str) -> Result<String, Fault> {
    Ok(match jwt.kid()? {
        kid if kid.contains('#') && !kid.starts_with('#') => kid.to_owned(),
        kid if kid == issuer => crate::did::sole_method(issuer).unwrap_or_default(),
        kid => format!("{issuer}#{}", kid.trim_start_matches('#')),
    })
}

/// The key that a header names: a DID URL, or a fragment of the issuer's DID.
fn method(
    jwt: &Jwt<'_>,
    issuer: &str,
    purpose: Purpose,
    controllers: &Controllers,
) -> Result<VerificationMethod, Fault> {
    let id = method_id(jwt, issuer)?;
    let method = controllers.method(&id, purpose).map_err(|fault| fault.within("kid").within("header"))?;
    if method.controller == issuer {
        Ok(method)
    } else {
        Err(Fault::differs(Problem::Cryptographic, "the issuer and the controller of the key").within("kid"))
    }
}

fn signed_by(method: VerificationMethod) -> VerifiedProof {
    VerifiedProof { controller: method.controller, verification_method: method.id, suite: None }
}

fn verify_jose(token: &str, verifying: &Verifying<'_>) -> Result<VerifiedCredential, Fault> {
    let controllers = verifying.controllers;
    let jwt = Jwt::parse(token, &["vc+jwt"])?;
    let named = issuer(&jwt.unverified()?)?.to_owned();
    let method = method(&jwt, &named, Purpose::AssertionMethod, controllers)?;
    let credential = jwt.verify(&method.key)?;
    if let Some(name) = ["vc", "vp"].iter().find(|name| credential.contains_key(**name)) {
        return Err(Fault::unknown(Problem::MalformedValue, "member", name));
    }
    let version = validate_credential(&credential, controllers.profile())?;
    if from_credential(&credential).is_err() {
        dataset(&credential, controllers.profile())?;
    }
    if verifying.times == Times::Refuse {
        in_time(&credential, version, verifying.now)?;
    }
    VerifiedCredential::new(credential, named, vec![signed_by(method)])
}

/// The older form: issuer, id and times may stand in the claims of the JWT.
fn verify_claim(token: &str, verifying: &Verifying<'_>) -> Result<VerifiedCredential, Fault> {
    let controllers = verifying.controllers;
    refuse_in_production(controllers)?;
    let jwt = Jwt::parse(token, &["", "JWT"])?;
    let named = text_member(&jwt.unverified()?, "iss")?.to_owned();
    let method = method(&jwt, &named, Purpose::AssertionMethod, controllers)?;
    let claims = jwt.verify(&method.key)?;
    in_claimed_time(&claims, verifying)?;
    let credential = object(member(&claims, "vc")?).map_err(|fault| fault.within("vc"))?;
    typed(credential, "VerifiableCredential").map_err(|fault| fault.within("vc"))?;
    let version = base_context(credential, controllers.profile()).map_err(|fault| fault.within("vc"))?;
    if credential.contains_key("issuer") && issuer(credential)? != named {
        return Err(Fault::differs(Problem::Cryptographic, "\"iss\" and the issuer").within("vc"));
    }
    if verifying.times == Times::Refuse {
        in_time(credential, version, verifying.now)?;
    }
    VerifiedCredential::new(credential.clone(), named, vec![signed_by(method)])
}

fn refuse_in_production(controllers: &Controllers) -> Result<(), Fault> {
    match controllers.profile() {
        Profile::LoopbackTest => Ok(()),
        Profile::Production => Err(Fault::unknown(Problem::MalformedValue, "media type", "application/jwt")),
    }
}

fn in_claimed_time(claims: &Map<String, Value>, verifying: &Verifying<'_>) -> Result<(), Fault> {
    if verifying.times != Times::Refuse {
        return Ok(());
    }
    jwt_times(claims, verifying.now)
}

/// `nbf` and `exp` in whole seconds.
pub(crate) fn jwt_times(claims: &Map<String, Value>, now: UnixTime) -> Result<(), Fault> {
    let seconds = |name: &'static str| match claims.get(name) {
        Some(value) => {
            value.as_u64().map(Some).ok_or_else(|| Fault::wanted("a time in whole seconds").within(name))
        }
        None => Ok(None),
    };
    if let Some(from) = seconds("nbf")?
        && from > now.seconds()
    {
        return Err(Fault::time("does not hold yet", &from.to_string(), now).within("nbf"));
    }
    if let Some(until) = seconds("exp")?
        && until <= now.seconds()
    {
        return Err(Fault::time("has expired", &until.to_string(), now).within("exp"));
    }
    Ok(())
}

pub(crate) fn is_enveloped_presentation(presentation: &Map<String, Value>) -> bool {
    has_type(presentation, "EnvelopedVerifiablePresentation")
}

/// Verifies a presentation in its envelope.
pub(crate) fn verify_presentation(
    envelope: &Map<String, Value>,
    verifying: &VerifyingPresentation<'_>,
) -> Result<VerifiedPresentation, Fault> {
    let controllers = verifying.credentials.controllers;
    envelope_context(envelope)?;
    let (token, form) = data_url(text_member(envelope, "id")?, "application/vp+jwt", controllers.profile())?;
    let types: &[&'static str] = if form == Form::Jose { &["vp+jwt"] } else { &["", "JWT"] };
    let jwt = Jwt::parse(token, types)?;
    let unverified = jwt.unverified()?;
    let named = match (form, unverified.get("holder")) {
        (Form::Claim, _) => text_member(&unverified, "iss")?.to_owned(),
        (Form::Jose, Some(Value::Object(holder))) => text_member(holder, "id")?.to_owned(),
        (Form::Jose, Some(holder)) => text(holder)?.to_owned(),
        (Form::Jose, None) => jwt.kid()?.split('#').next().unwrap_or_default().to_owned(),
    };
    let method = method(&jwt, &named, Purpose::Authentication, controllers)?;
    let claims = jwt.verify(&method.key)?;
    let same = |name: &'static str, wanted: Option<&str>, problem| match (wanted, claims.get(name)) {
        (None, _) => Ok(()),
        (Some(wanted), Some(Value::String(found))) if found == wanted => Ok(()),
        (Some(_), _) => Err(Fault::differs(problem, "what was asked for and what was signed").within(name)),
    };
    same("nonce", verifying.challenge, Problem::InvalidChallenge)?;
    same("aud", verifying.domain, Problem::InvalidDomain)?;
    in_claimed_time(&claims, &verifying.credentials)?;
    let presentation = match form {
        Form::Jose => {
            if let Some(name) = ["vc", "vp"].iter().find(|name| claims.contains_key(**name)) {
                return Err(Fault::unknown(Problem::MalformedValue, "member", name));
            }
            &claims
        }
        Form::Claim => object(member(&claims, "vp")?).map_err(|fault| fault.within("vp"))?,
    };
    if base_context(presentation, controllers.profile())? == Version::V1 {
        refuse_in_production(controllers)?;
    }
    typed(presentation, "VerifiablePresentation")?;
    let credentials = match (form, presentation.get("verifiableCredential")) {
        (Form::Claim, Some(Value::Array(entries))) if entries.iter().all(Value::is_string) => {
            let verify = |entry: &Value| verify_claim(text(entry)?, &verifying.credentials);
            entries.iter().take(16).map(verify).collect::<Result<_, _>>()?
        }
        _ => presented(presentation, verifying)?,
    };
    Ok(VerifiedPresentation { holder: method.controller, credentials })
}
