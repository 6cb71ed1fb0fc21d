//! Every route, with every role: allowed exactly where the table of `issuer/src/role.rs` says so.

use std::collections::BTreeSet;

use sanad_issuer::role::{DELEGATE, Permission, Role, Roles};
use serde_json::{Value, json};

use crate::delegating::add_delegate;
use crate::office::{Office, StoreKind, fresh_key};

/// A route, a request to it that changes nothing, and what it needs.
struct Row {
    method: &'static str,
    route: &'static str,
    body: Option<(&'static str, String)>,
    needs: &'static [Permission],
}

fn rows() -> Vec<Row> {
    use Permission as P;
    let json = |value: Value| Some(("application/json", value.to_string()));
    let change = || json(json!({"reason": "lost", "legal_basis": "invented"}));
    let row = |method, route, body, needs| Row { method, route, body, needs };
    vec![
        row("POST", "/v1/credentials", json(json!({})), &[P::Issue]),
        row("GET", "/v1/credentials", None, &[P::Search]),
        row("GET", "/v1/credentials/{cti}", None, &[P::Read]),
        row("GET", "/v1/credentials/{cti}/{form}", None, &[P::Read]),
        row("GET", "/v1/credentials/{cti}/vc", None, &[P::Read]),
        row("GET", "/v1/credentials/{cti}/sd-jwt", None, &[P::Read]),
        row("POST", "/v1/credentials/{cti}/offer", json(json!({"tx_code": "none"})), &[P::Reissue]),
        row("POST", "/v1/credentials/{cti}/renew", json(json!({})), &[P::Renew]),
        row("POST", "/v1/credentials/{cti}/reissue", json(json!({"reason": "lost"})), &[P::Reissue]),
        row("POST", "/v1/credentials/{cti}/suspend", change(), &[P::Suspend]),
        row("POST", "/v1/credentials/{cti}/resume", change(), &[P::Resume]),
        row("POST", "/v1/credentials/{cti}/revoke", change(), &[P::Revoke]),
        row("POST", "/v1/jobs", Some(("text/csv", "no,columns\n".to_owned())), &[P::SubmitJob, P::Issue]),
        row("GET", "/v1/jobs", None, &[P::ReadJob]),
        row("GET", "/v1/jobs/{id}", None, &[P::ReadJob]),
        row("POST", "/v1/jobs/{id}/cancel", None, &[P::CancelJob]),
        row("GET", "/v1/jobs/{id}/result", None, &[P::ReadJob]),
        row("POST", "/v1/receipts", json(json!({})), &[P::SignReceipt]),
        row("POST", "/v1/delegations", json(json!({})), &[P::ManageDelegations]),
        row("GET", "/v1/delegations/{id}", None, &[P::ManageDelegations]),
        row("POST", "/v1/delegations/{id}/revoke", change(), &[P::ManageDelegations]),
        row("GET", "/v1/statistics", None, &[P::Statistics]),
        row("POST", "/v1/revocations", json(json!({})), &[P::Revoke]),
        row("GET", "/v1/approvals", None, &[P::ReadApprovals]),
        row("GET", "/v1/approvals/{id}", None, &[P::ReadApprovals]),
        row("GET", "/v1/approvals/{id}/credentials", None, &[P::ReadApprovals]),
        row("POST", "/v1/approvals/{id}/approve", None, &[P::Approve]),
        row("POST", "/v1/approvals/{id}/decline", None, &[P::Approve]),
        row("POST", "/v1/key-changes", json(json!({})), &[P::ManageKeys]),
        row("GET", "/v1/tokens", None, &[P::ManageTokens]),
        row("POST", "/v1/tokens", json(json!({})), &[P::ManageTokens]),
        row("POST", "/v1/tokens/{id}/withdraw", None, &[P::ManageTokens]),
    ]
}

/// Ids that nobody has: who may ask is told that there is nothing.
fn target(route: &str) -> String {
    let id = if route.contains("delegations") { "KE-NOBODY" } else { "ffffffffffffffffff" };
    route.replace("{cti}", "ffffffffffffffff").replace("{form}", "qr.txt").replace("{id}", id)
}

#[test]
fn every_route_is_open_to_the_roles_of_the_table_and_to_no_other() {
    let mut office = Office::new(StoreKind::Embedded);
    add_delegate(&mut office);
    let rows = rows();
    let document = office.get("", "/openapi.json").is(200).json();
    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(route, methods)| {
            methods.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), route.clone()))
        })
        .filter(|(_, route)| route.starts_with("/v1/"))
        .collect();
    let stated: BTreeSet<_> = rows.iter().map(|row| (row.method.to_owned(), row.route.to_owned())).collect();
    assert_eq!(described, stated, "a route without a row in this table, or a row without a route");
    for row in &rows {
        let call = |who: &str| {
            let call = office.call(who, row.method, &target(row.route)).key(&fresh_key());
            let call = match &row.body {
                Some((form, body)) => call.body(form, body.as_str()),
                None => call,
            };
            call.send()
        };
        call("").refused(401, "unauthenticated");
        let delegate = Roles::new([Role::Registrar]);
        let callers = Role::ALL.map(|role| (role.word(), Roles::new([role]), false));
        for (who, roles, is_delegate) in callers.into_iter().chain([("delegate", delegate, true)]) {
            let allowed = row
                .needs
                .iter()
                .all(|needed| roles.allow(*needed) && (!is_delegate || DELEGATE.contains(needed)));
            let answer = call(who);
            let place = format!("{who}: {} {} -> {}", row.method, row.route, answer.status);
            if allowed {
                assert!(![401, 403].contains(&answer.status) && answer.status < 500, "{place}");
            } else {
                assert_eq!(answer.problem(), (403, "forbidden".to_owned()), "{place}");
            }
        }
    }
    office.close();
}

#[test]
fn a_token_that_is_cut_changed_or_sent_another_way_is_nobodys() {
    let office = Office::new(StoreKind::Embedded);
    let token = office.token("registrar").to_owned();
    let bare = |target: &str| office.call("", "GET", target);
    let other = office.token("revoker").to_owned();
    let mixed = format!("{}{}", &token[..15], &other[15..]);
    for value in [
        format!("Bearer {}", &token[..token.len() - 1]),
        format!("Bearer {mixed}"),
        format!("Bearer {}", token.to_uppercase()),
        format!("Basic {token}"),
        format!("Bearer {token},{token}"),
        format!("Bearer {token}\u{0}"),
        token.clone(),
        "Bearer".to_owned(),
    ] {
        let answer = bare("/v1/jobs").header("Authorization", &value).send();
        assert!([400, 401].contains(&answer.status), "{} for {value:?}", answer.status);
        // What is no HTTP is answered below everything that knows problems.
        if !value.contains('\0') {
            answer.problem();
        }
    }
    for twice in [[&token, &token], [&token, &other]] {
        let call = twice
            .iter()
            .fold(bare("/v1/jobs"), |call, token| call.header("Authorization", &format!("Bearer {token}")));
        call.send().refused(401, "unauthenticated");
    }
    bare(&format!("/v1/jobs?access_token={token}")).send().refused(401, "unauthenticated");
    bare("/v1/jobs").header("Cookie", &format!("token={token}")).send().refused(401, "unauthenticated");
    bare("/v1/jobs").header("X-Forwarded-User", "administrator").send().refused(401, "unauthenticated");
    office.get("registrar", "/v1/jobs").is(200);
    office.close();
}
