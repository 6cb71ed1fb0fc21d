//! Who may do what, asked of the running service. Each test is named for the attack or the rule; people are invented.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    reason = "helpers of tests, outside of the test functions that clippy.toml exempts"
)]

mod office;

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use office::{Office, coverage, eventually};
use serde_json::{Value, json};

const NOBODYS: &str = "sanad_0000000a_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[test]
fn a_token_does_not_make_a_stronger_one_nor_one_that_lives_for_ever() {
    let office = Office::open();
    let admin = office.admin();
    let make = |token: &str, body: Value| office.post(token, "/v1/tokens", &body);
    let made =
        make(&admin, json!({"label": "county", "roles": ["administrator", "registrar"], "areas": ["KE-30"]}));
    assert_eq!(made.status, 201, "{made:?}");
    let county = made.body["token"].as_str().unwrap().to_owned();
    for (body, problem) in [
        (json!({"label": "x", "roles": ["approver"], "areas": ["KE-30"]}), "forbidden"),
        (json!({"label": "x", "roles": ["registrar", "revoker"], "areas": ["KE-30"]}), "forbidden"),
        (json!({"label": "x", "roles": ["registrar"], "areas": ["KE-01"]}), "outside-areas"),
        (json!({"label": "x", "roles": ["registrar"], "areas": ["KE"]}), "outside-areas"),
        (json!({"label": "x", "roles": ["registrar"]}), "outside-areas"),
        (json!({"label": "x", "roles": ["registrar"], "areas": []}), "invalid-record"),
        (json!({"label": "x", "roles": [], "areas": ["KE-30"]}), "invalid-record"),
        (json!({"label": "x", "roles": ["root"], "areas": ["KE-30"]}), "invalid-record"),
        (json!({"label": "x", "roles": ["registrar"], "areas": ["KE-30"], "days": 401}), "invalid-record"),
        (
            json!({"label": "x", "roles": ["registrar"], "areas": ["KE-30"], "expires": "2199-01-01"}),
            "invalid-record",
        ),
        (json!({"label": "Wan\u{202e}jiru", "roles": ["registrar"], "areas": ["KE-30"]}), "invalid-record"),
    ] {
        let answer = make(&county, body.clone());
        assert_eq!(answer.problem(), problem, "{body}: {answer:?}");
        assert!(answer.body.get("token").is_none());
    }
    let registrar = make(&county, json!({"label": "desk", "roles": ["registrar"], "areas": ["KE-30"]}));
    let registrar = registrar.body["token"].as_str().unwrap().to_owned();
    let answer = make(&registrar, json!({"label": "x", "roles": ["registrar"], "areas": ["KE-30"]}));
    assert_eq!((answer.status, answer.problem()), (403, "forbidden"));
    // Nothing of what was refused is there, and no list has a secret.
    let listed = office.get(&admin, "/v1/tokens");
    assert_eq!(listed.body["tokens"].as_array().unwrap().len(), 3);
    assert!(!listed.body.to_string().contains(&admin[15..]));
    assert_eq!(office.get(&county, "/v1/tokens").body["tokens"].as_array().unwrap().len(), 2);
}

#[test]
fn a_withdrawn_token_stops_at_once() {
    let office = Office::open();
    let admin = office.admin();
    let made = office.post(&admin, "/v1/tokens", &json!({"label": "desk", "roles": ["registrar"]}));
    let (token, id) = (made.body["token"].as_str().unwrap(), made.body["id"].as_str().unwrap());
    assert_eq!(office.get(token, "/v1/credentials").status, 200);
    let withdrawn = office.post(&admin, &format!("/v1/tokens/{id}/withdraw"), &json!({}));
    assert_eq!((withdrawn.status, withdrawn.body["standing"].as_str()), (200, Some("withdrawn")));
    let answer = office.get(token, "/v1/credentials");
    assert_eq!((answer.status, answer.problem()), (401, "token-expired"));
    for nobodys in ["00000000", "xyz", &token[6..58]] {
        assert_eq!(office.post(&admin, &format!("/v1/tokens/{nobodys}/withdraw"), &json!({})).status, 404);
    }
}

#[test]
fn the_id_of_a_document_of_another_county_is_answered_as_one_that_nobody_has() {
    let office = Office::closed();
    let county = office.token(&["--role", "registrar,revoker", "--area", "KE-30"]);
    let mut office = office;
    office.serve();
    let (own, other) = (office.issue(&office.admin(), 1, "KE-30"), office.issue(&office.admin(), 2, "KE-01"));
    assert_eq!(office.get(&county, &format!("/v1/credentials/{own}")).status, 200);
    let reason = json!({"reason": "lost", "legal_basis": "invented"});
    for path in ["", "/qr"] {
        let hidden = office.get(&county, &format!("/v1/credentials/{other}{path}"));
        let missing = office.get(&county, &format!("/v1/credentials/0000000000000000{path}"));
        assert_eq!((hidden.status, &hidden), (404, &missing), "{path}");
    }
    for act in ["suspend", "resume", "revoke"] {
        let hidden = office.post(&county, &format!("/v1/credentials/{other}/{act}"), &reason);
        let missing = office.post(&county, &format!("/v1/credentials/0000000000000000/{act}"), &reason);
        assert_eq!((hidden.status, &hidden), (404, &missing), "{act}");
    }
    let list = |id: &str| json!({"reason": "fraud", "legal_basis": "invented", "credentials": [id]});
    let hidden = office.post(&county, "/v1/revocations", &list(&other));
    assert_eq!(
        (hidden.status, &hidden),
        (422, &office.post(&county, "/v1/revocations", &list("0000000000000000")))
    );
    let listed = office.get(&county, "/v1/credentials").body.to_string();
    assert!(listed.contains(&own) && !listed.contains(&other));
    let issued = office.post_with(&county, "/v1/credentials", &coverage(3, "KE-01"), "k");
    assert_eq!((issued.status, issued.problem()), (403, "outside-areas"));
}

#[test]
fn each_role_does_what_it_is_there_for_and_nothing_else() {
    let office = Office::closed();
    let roles = ["registrar", "approver", "revoker", "auditor", "administrator"];
    let tokens: Vec<String> = roles.iter().map(|role| office.token(&["--role", role])).collect();
    let mut office = office;
    office.serve();
    let cti = office.issue(&office.admin(), 1, "KE-30");
    let body = json!({"reason": "lost", "legal_basis": "invented"});
    let key = json!({"change": "rotate credential"});
    // The status of each role, in their order: 403 where the table has no entry.
    for (path, body, expected) in [
        (format!("/v1/credentials/{cti}"), None, [200, 200, 200, 200, 403]),
        ("/v1/credentials".to_owned(), None, [200, 403, 200, 403, 403]),
        (format!("/v1/credentials/{cti}/suspend"), Some(&body), [403, 403, 200, 403, 403]),
        (format!("/v1/credentials/{cti}/resume"), Some(&body), [403, 403, 200, 403, 403]),
        ("/v1/jobs".to_owned(), None, [200, 200, 200, 200, 200]),
        ("/v1/statistics".to_owned(), None, [200, 403, 403, 200, 200]),
        ("/v1/tokens".to_owned(), None, [403, 403, 403, 403, 200]),
        ("/v1/approvals".to_owned(), None, [403, 200, 200, 200, 200]),
        ("/v1/key-changes".to_owned(), Some(&key), [403, 403, 403, 403, 202]),
        ("/v1/approvals/a0/approve".to_owned(), Some(&body), [403, 404, 403, 403, 403]),
        (format!("/v1/credentials/{cti}/revoke"), Some(&body), [403, 403, 200, 403, 403]),
    ] {
        for ((token, role), expected) in tokens.iter().zip(roles).zip(expected) {
            let answer = match body {
                None => office.get(token, &path),
                Some(body) => office.post(token, &path, body),
            };
            assert_eq!(answer.status, expected, "{role} {path}: {answer:?}");
        }
    }
}

#[test]
fn a_header_with_a_trick_in_it_lets_nobody_in() {
    let office = Office::open();
    let admin = office.admin();
    let good = format!("Authorization: Bearer {admin}\r\n");
    assert_eq!(office.raw("/v1/tokens", good.as_bytes()), 200);
    // Spaces around a value are not part of it (RFC 9110 section 5.5), and the scheme counts in small letters too.
    assert_eq!(office.raw("/v1/tokens", format!("authorization:\tbearer {admin} \t\r\n").as_bytes()), 200);
    let tricks: [Vec<u8>; 12] = [
        Vec::new(),
        format!("{good}{good}").into_bytes(),
        format!("Authorization: Bearer {NOBODYS}\r\n{good}").into_bytes(),
        format!("{good}Authorization: \r\n").into_bytes(),
        format!("Authorization: Bearer  {admin}\r\n").into_bytes(),
        format!("Authorization: Bearer {admin},\r\n").into_bytes(),
        format!("Authorization: Bearer {admin}, Bearer {admin}\r\n").into_bytes(),
        format!("Authorization: Basic {admin}\r\n").into_bytes(),
        format!("Authorization: {admin}\r\n").into_bytes(),
        [b"Authorization: Bearer ", admin.as_bytes(), b"\xa0\r\n"].concat(),
        format!("X-Authorization: Bearer {admin}\r\n").into_bytes(),
        format!("Cookie: token={admin}\r\n").into_bytes(),
    ];
    for trick in tricks {
        assert_eq!(office.raw("/v1/tokens", &trick), 401, "{}", String::from_utf8_lossy(&trick));
    }
    // In an address a token is no token.
    assert_eq!(office.raw(&format!("/v1/tokens?access_token={admin}"), b""), 401);
    // What is no header is no request: a line end in the middle, a line that goes on in the next.
    assert_eq!(office.raw("/v1/tokens", format!("Authorization: Bearer\r\n {admin}\r\n").as_bytes()), 400);
}

#[test]
fn who_guesses_is_stopped_and_who_works_from_the_same_address_is_not() {
    let office = Office::open();
    let admin = office.admin();
    assert_eq!(office.get(&admin, "/v1/tokens").status, 200);
    let statuses: Vec<u16> = (0..30).map(|_| office.get(NOBODYS, "/v1/tokens").status).collect();
    assert_eq!(statuses[0], 401);
    assert!(statuses.contains(&429), "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 401 | 429)));
    assert_eq!(office.get(&admin, "/v1/tokens").status, 200);
}

/// Revokes what was issued, in the name of a caller.
fn ask_revocation(office: &Office, token: &str, ids: &[String]) -> office::Answer {
    office.post(
        token,
        "/v1/revocations",
        &json!({"reason": "fraud", "legal_basis": "invented, s. 1", "credentials": ids}),
    )
}

#[test]
fn many_revocations_take_two_people_and_are_done_once_although_the_power_goes() {
    let mut office = Office::closed();
    let approver = office.token(&["--role", "approver"]);
    office.set("SANAD_ISSUER_APPROVAL_BULK_REVOCATION_OVER", "5");
    office.serve();
    let admin = office.admin();
    let ids: Vec<String> = (0..40).map(|number| office.issue(&admin, number, "KE-30")).collect();
    let asked = ask_revocation(&office, &admin, &ids);
    assert_eq!((asked.status, asked.body["state"].as_str()), (202, Some("open")), "{asked:?}");
    let path = format!("/v1/approvals/{}", asked.body["id"].as_str().unwrap());
    // Asked again after a lost answer it is the same request.
    assert_eq!(ask_revocation(&office, &admin, &ids).body["id"], asked.body["id"]);
    assert_eq!(office.post(&admin, &format!("{path}/approve"), &json!({})).status, 403);
    let listed =
        office.get(&approver, &format!("{path}/credentials")).body["credentials"].as_array().unwrap().len();
    assert_eq!(listed, 40);
    let approved = office.post(&approver, &format!("{path}/approve"), &json!({}));
    assert_eq!(approved.status, 200, "{approved:?}");
    office.kill();
    office.serve();
    eventually("the revocation is done after the restart", || {
        office.get(&approver, &path).body["state"] == "done"
    });
    assert_eq!(office.get(&approver, &path).body["done"], 40);
    for decision in ["approve", "decline"] {
        let again = office.post(&approver, &format!("{path}/{decision}"), &json!({}));
        assert_eq!((again.status, again.problem()), (409, "approval-closed"));
    }
    for id in &ids {
        let credential = office.get(&admin, &format!("/v1/credentials/{id}"));
        assert_eq!(credential.body["status"], "revoked", "{credential:?}");
    }
    office.kill();
    let log = office.log();
    let count = |act: &str| log.iter().filter(|line| line["act"] == act).count();
    assert_eq!((count("revoke"), count("ask-approval"), count("approve")), (40, 1, 1));
}

#[test]
fn one_by_one_nobody_revokes_more_than_at_once() {
    let mut office = Office::closed();
    office.set("SANAD_ISSUER_APPROVAL_BULK_REVOCATION_OVER", "3");
    office.serve();
    let admin = office.admin();
    let ids: Vec<String> = (0..6).map(|number| office.issue(&admin, number, "KE-30")).collect();
    let revoke = |id: &str| {
        let body = json!({"reason": "fraud", "legal_basis": "invented, s. 1"});
        office.post(&admin, &format!("/v1/credentials/{id}/revoke"), &body).status
    };
    assert_eq!(ask_revocation(&office, &admin, &ids[..2]).status, 200);
    assert_eq!((revoke(&ids[2]), revoke(&ids[3])), (200, 403));
    let asked = ask_revocation(&office, &admin, &ids[3..4]);
    assert_eq!((asked.status, asked.body["state"].as_str()), (202, Some("open")));
    assert_eq!(office.get(&admin, &format!("/v1/credentials/{}", ids[3])).body["status"], "valid");
}

#[test]
fn a_list_with_a_document_that_is_not_there_revokes_nothing() {
    let office = Office::open();
    let admin = office.admin();
    let id = office.issue(&admin, 1, "KE-30");
    for wrong in ["0000000000000000", "x", "", "0102030405060708090a"] {
        let answer = ask_revocation(&office, &admin, &[id.clone(), wrong.to_owned()]);
        assert_eq!((answer.status, answer.problem()), (422, "invalid-record"), "{wrong}");
        assert_eq!(answer.body["field"], "credentials.1");
    }
    assert_eq!(ask_revocation(&office, &admin, &[]).status, 422);
    assert_eq!(office.get(&admin, &format!("/v1/credentials/{id}")).body["status"], "valid");
    let twice = ask_revocation(&office, &admin, &[id.clone(), id.to_uppercase()]);
    assert_eq!((twice.status, &twice.body), (200, &json!({"revoked": 1, "already": 0})));
    assert_eq!(ask_revocation(&office, &admin, &[id]).body, json!({"revoked": 0, "already": 1}));
}

/// A co-operative's own key, and its request.
fn request(office: &Office) -> String {
    let coop = office.path("coop");
    office.program(&["delegate", &coop, "request", "--id", "KE-COOP1", "--scope", "receipt,cover"])
}

#[test]
fn a_delegate_has_signed_what_its_delegation_says_while_it_stands() {
    let mut office = Office::closed();
    let asked = request(&office);
    office.serve();
    let admin = office.admin();
    let terms = json!({"request": asked, "from": "2026-01-01", "to": "2190-12-31", "per_day": "1000", "per_document": "800",
                       "currency": "KES", "areas": ["KE-30"]});
    let granted = office.post_with(&admin, "/v1/delegations", &terms, "grant");
    assert_eq!(granted.status, 201, "{granted:?}");
    let unknown = json!({"label": "laptop", "roles": ["registrar"], "delegation": "KE-COOP2"});
    assert_eq!(office.post(&admin, "/v1/tokens", &unknown).problem(), "invalid-record");
    let order = json!({"label": "laptop", "roles": ["registrar"], "delegation": "KE-COOP1"});
    let made = office.post(&admin, "/v1/tokens", &order);
    let coop = made.body["token"].as_str().unwrap().to_owned();
    // Cover in its county, and nothing of the rest.
    office.issue(&coop, 1, "KE-30");
    for (body, what) in [
        (coverage(2, "KE-01"), "another county"),
        (coverage(2, "KE"), "the country"),
        (
            json!({"type": "membership", "subject": {"number": "INV-1", "name": "Wanjiru Invented"}, "scheme": "SHIF",
                "since": "2026-01-01"}),
            "another type",
        ),
    ] {
        let answer = office.post_with(&coop, "/v1/credentials", &body, what.split(' ').next_back().unwrap());
        assert_eq!((answer.status, answer.problem()), (403, "outside-delegation"), "{what}: {answer:?}");
    }
    assert_eq!(office.get(&coop, "/v1/credentials").status, 403);
    let id = granted.body["cti"].as_str().unwrap();
    assert_eq!(office.get(&coop, &format!("/v1/credentials/{id}")).status, 403);
    // Receipts, up to the limit of a document and of the day.
    let pay = |amount: &str, month: &str, key: &str| {
        let payment = json!({"number": "INV-000001", "name": "Wanjiru Invented", "scheme": "SHIF", "from": month, "to": month,
                             "amount": amount, "currency": "KES"});
        office.post_with(&coop, "/v1/receipts", &payment, key)
    };
    let first = pay("600", "2026-01", "one");
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!(pay("801", "2026-02", "two").problem(), "outside-delegation");
    assert_eq!(pay("401", "2026-02", "three").problem(), "outside-delegation");
    // An answer that was lost is given again and counts once.
    let again = pay("600", "2026-01", "one");
    assert_eq!((again.status, &again.body["cti"]), (200, &first.body["cti"]));
    assert_eq!(pay("400", "2026-02", "four").status, 201);
    assert_eq!(pay("1", "2026-03", "five").problem(), "outside-delegation");
    // A suspended delegation stops within a second.
    let body = json!({"reason": "investigation"});
    assert_eq!(office.post(&admin, &format!("/v1/credentials/{id}/suspend"), &body).status, 200);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let answer = office.post_with(&coop, "/v1/credentials", &coverage(4, "KE-30"), "after");
    assert_eq!((answer.status, answer.problem()), (403, "outside-delegation"));
}

/// An identity provider whose keys are in a file.
struct Provider {
    private: EncodingKey,
}

impl Provider {
    fn new(office: &mut Office) -> Self {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).unwrap();
        let der = [&b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20"[..], &seed].concat();
        let private = EncodingKey::from_ed_der(&der);
        let public = jsonwebtoken::jwk::Jwk::from_encoding_key(&private, Algorithm::EdDSA).unwrap();
        let mut public = serde_json::to_value(public).unwrap();
        public["kid"] = json!("key-1");
        fs::write(office.path("issuer/jwks.json"), json!({"keys": [public]}).to_string()).unwrap();
        let config = office.path("issuer/service.toml");
        let text = fs::read_to_string(&config).unwrap();
        let oidc = "\n[oidc]\nissuer = \"https://id.example\"\naudience = \"sanad-issuer\"\njwks_file = \"jwks.json\"\n\
                    areas_claim = \"areas\"\n";
        fs::write(&config, text + oidc).unwrap();
        Self { private }
    }

    fn token(&self, sub: &str, roles: &[&str], areas: &[&str]) -> String {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let header = json!({"alg": "EdDSA", "kid": "key-1", "typ": "JWT"}).to_string();
        let claims = json!({"iss": "https://id.example", "aud": "sanad-issuer", "sub": sub, "exp": now + 300,
                            "roles": roles, "areas": areas});
        let message =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &self.private, Algorithm::EdDSA).unwrap();
        format!("{message}.{signature}")
    }
}

#[test]
fn an_account_of_the_identity_provider_works_within_its_roles_and_areas() {
    let mut office = Office::closed();
    let provider = Provider::new(&mut office);
    office.set("SANAD_ISSUER_APPROVAL_BULK_REVOCATION_OVER", "1");
    office.serve();
    let registrar = provider.token("wanjiru.invented@agency.example", &["registrar"], &["KE-30"]);
    let ids: Vec<String> = (1..=2).map(|number| office.issue(&registrar, number, "KE-30")).collect();
    let beyond = office.post_with(&registrar, "/v1/credentials", &coverage(3, "KE-01"), "k");
    assert_eq!((beyond.status, beyond.problem()), (403, "outside-areas"));
    let nobody = provider.token("n", &["Registrar", "admin"], &["KE"]);
    assert_eq!(office.get(&nobody, "/v1/credentials").status, 403);
    assert_eq!(office.get(&provider.token("n", &["registrar"], &[]), "/v1/credentials").status, 401);
    let forged = registrar.replace(&registrar[registrar.len() - 6..], "AAAAAA");
    assert_eq!(office.get(&forged, "/v1/credentials").status, 401);
    // Four eyes: the same account with both roles is one person; another account is another.
    let both = provider.token("otieno.invented@agency.example", &["revoker", "approver"], &["KE-30"]);
    let asked = ask_revocation(&office, &both, &ids);
    assert_eq!(asked.status, 202, "{asked:?}");
    let path = format!("/v1/approvals/{}/approve", asked.body["id"].as_str().unwrap());
    let own = office.post(&both, &path, &json!({}));
    assert_eq!((own.status, own.problem()), (403, "approval-own"));
    let elsewhere = provider.token("achieng.invented@agency.example", &["approver"], &["KE-01"]);
    assert_eq!(office.post(&elsewhere, &path, &json!({})).status, 404);
    let second = provider.token("achieng.invented@agency.example", &["approver"], &["KE"]);
    assert_eq!(office.post(&second, &path, &json!({})).status, 200);
    eventually("both are revoked", || {
        let credential = office.get(&registrar, &format!("/v1/credentials/{}", ids[1]));
        credential.body["status"] == "revoked"
    });
    office.kill();
    let log = office.log();
    assert!(log.iter().any(|line| line["who"].as_str().unwrap().starts_with("oidc:")));
    assert!(!format!("{log:?}").contains("invented@"), "a person is in the log");
}
