//! The routes described, OpenAPI 3.1 at `/openapi.json`.

use serde_json::{Value, json};

/// The document.
pub fn description(public_url: Option<&str>) -> Value {
    let json_body = |schema: Value| json!({ "application/json": { "schema": schema } });
    let problem = || {
        json!({ "description": "A problem of RFC 9457; docs/desk.md has all of them",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } } })
    };
    let verify = |member: &str, what: &str| {
        json!({ "post": {
            "operationId": format!("verify_{}", member.to_ascii_lowercase()),
            "summary": format!("Whether {what} holds"),
            "security": [{ "bearer": [] }],
            "requestBody": { "required": true, "content": json_body(json!({
                "type": "object", "required": [member],
                "properties": {
                    member: { "type": "object" },
                    "options": { "type": "object", "properties": {
                        "challenge": { "type": "string" }, "domain": { "type": "string" },
                        "checks": { "type": "array", "items": { "type": "string" } },
                    } },
                },
            })) },
            "responses": {
                "200": { "description": "It holds", "content": json_body(json!({
                    "type": "object", "required": ["verified", "errors"],
                    "properties": { "verified": { "const": true }, "errors": { "type": "array", "maxItems": 0 } },
                })) },
                "4XX": problem(), "5XX": problem(),
            },
        } })
    };
    let plain = |summary: &str, member: &str| {
        json!({ "get": { "summary": summary, "responses": {
            "200": { "description": "Yes", "content": json_body(json!({
                "type": "object", "properties": { member: { "const": true } } })) },
            "5XX": problem(),
        } } })
    };
    let id_parameter =
        json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } });
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Sanad desk",
            "description": "Verifies the credentials of the open standards, and asks phones for entitlements. Errors are \
                            problems of RFC 9457; docs/desk.md has all of them.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": {
            "/healthz": plain("The process lives", "alive"),
            "/readyz": plain("The service has a pack and should get requests", "ready"),
            "/credentials/verify": verify("verifiableCredential", "a W3C credential"),
            "/presentations/verify": verify("verifiablePresentation", "a W3C presentation"),
            "/identifiers/{did}": { "get": {
                "summary": "The document of a DID, or the key that a DID URL names",
                "parameters": [
                    { "name": "did", "in": "path", "required": true, "schema": { "type": "string" } },
                    { "name": "publicKeyFormat", "in": "query", "schema": { "type": "string" } },
                    { "name": "enableExperimentalPublicKeyTypes", "in": "query", "schema": { "type": "string" } },
                ],
                "responses": {
                    "200": { "description": "A resolution result", "content": json_body(json!({ "type": "object" })) },
                    "400": { "description": "The same with the error in its metadata",
                        "content": json_body(json!({ "type": "object" })) },
                },
            } },
            "/v1/client": { "get": {
                "summary": "Under which name this desk asks, so that wallets can be told beforehand",
                "security": [{ "bearer": [] }],
                "responses": {
                    "200": { "description": "The did:key, and the client id that answers are bound to",
                        "content": json_body(json!({ "type": "object", "required": ["client_id", "did"],
                            "properties": { "client_id": { "type": "string" }, "did": { "type": "string" } } })) },
                    "4XX": problem(),
                },
            } },
            "/v1/requests": { "post": {
                "summary": "Ask a phone for an entitlement: the link and the QR that open a wallet",
                "security": [{ "bearer": [] }],
                "requestBody": { "required": true, "content": json_body(json!({
                    "type": "object", "required": ["place", "benefit"], "additionalProperties": false,
                    "properties": {
                        "place": { "type": "string" }, "benefit": { "type": "string" },
                        "facility": { "type": "string" }, "level": { "type": "integer", "minimum": 1, "maximum": 5 },
                        "amount": { "type": "string" }, "currency": { "type": "string" },
                        "emergency": { "type": "boolean" }, "person": { "type": "string" },
                        "referral": { "type": ["string", "boolean"] }, "preauth": { "type": "string" },
                        "serial": { "type": "integer" }, "cause": { "type": "string" },
                        "member": { "type": "integer" }, "seen_today": { "type": "string" },
                        "lang": { "type": "string" },
                    },
                })) },
                "responses": {
                    "201": { "description": "id, link, qr_svg, seconds, poll", "content": json_body(json!({
                        "type": "object", "required": ["id", "state", "link", "poll"] })) },
                    "4XX": problem(), "5XX": problem(),
                },
            } },
            "/v1/requests/{id}": { "get": {
                "summary": "What became of a request: open, judged, answered, refused, declined, expired",
                "security": [{ "bearer": [] }],
                "parameters": [id_parameter],
                "responses": {
                    "200": { "description": "state; answer where it was answered, as check --json has it",
                        "content": json_body(json!({ "type": "object", "required": ["id", "state"] })) },
                    "4XX": problem(),
                },
            } },
            "/openid4vp/request/{id}": { "get": {
                "summary": "The signed request object (RFC 9101), for a wallet",
                "parameters": [id_parameter],
                "responses": {
                    "200": { "description": "A JWT", "content": {
                        "application/oauth-authz-req+jwt": { "schema": { "type": "string" } } } },
                    "4XX": problem(),
                },
            } },
            "/openid4vp/response/{id}": { "post": {
                "summary": "The answer of a wallet by direct_post (OpenID4VP section 8.2), once",
                "parameters": [id_parameter],
                "requestBody": { "required": true, "content": { "application/x-www-form-urlencoded": { "schema": {
                    "type": "object", "required": ["state"], "properties": {
                        "vp_token": { "type": "string" }, "state": { "type": "string" },
                        "error": { "type": "string" } } } } } },
                "responses": {
                    "200": { "description": "Taken", "content": json_body(json!({ "type": "object" })) },
                    "400": { "description": "It does not count; error and error_description of OAuth 2.0",
                        "content": json_body(json!({ "type": "object", "required": ["error"] })) },
                    "4XX": problem(), "5XX": problem(),
                },
            } },
        },
        "components": {
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer",
                "description": "The token of this desk" } },
            "schemas": { "Problem": { "type": "object", "required": ["type", "title", "status", "detail"],
                "properties": {
                    "type": { "type": "string" }, "title": { "type": "string" },
                    "status": { "type": "integer" }, "detail": { "type": "string" },
                    "field": { "type": "string" }, "errors": { "type": "array", "items": { "type": "object" } },
                } } },
        },
    });
    if let (Some(url), Some(members)) = (public_url, document.as_object_mut()) {
        members.insert("servers".into(), json!([{ "url": url }]));
    }
    document
}
