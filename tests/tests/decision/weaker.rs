//! A question with less to go by: the same content at a greater age, or with a part missing.
//!
//! What is weakened is what the device knows, never what somebody said. A rulebook is missing with all its versions, since
//! they are one signed file; an agreement, a host rule and a status value are missing with the part that they stand in,
//! since an empty part says that there is nothing.

use sanad_credential::Date;
use serde_json::{Value, json};

/// Something that a device may lack.
pub(crate) struct Loss {
    pub(crate) what: String,
    change: Box<dyn Fn(&mut Value)>,
}

impl Loss {
    /// The question without it.
    pub(crate) fn of(&self, question: &Value) -> Value {
        let mut weaker = question.clone();
        (self.change)(&mut weaker);
        weaker
    }
}

/// Days by which a part is older: to the next border, past every border, by one.
const OLDER_DAYS: [i32; 5] = [1, 2, 60, 90, 400];

/// Parts of the pack.
const PARTS: [&str; 5] = ["trust_list", "status", "rulebooks", "host_rules", "agreements"];

/// Every single loss.
pub(crate) fn losses(question: &Value) -> Vec<Loss> {
    let mut all = Losses(Vec::new());
    let books = question["pack"]["rulebooks"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.ages(books.len());
    all.parts(books);
    all.context();
    all.signers(question["credentials"].as_array().unwrap());
    all.0
}

/// Some losses one upon the other, and the question without all of them.
pub(crate) fn several(question: &Value, choice: u64) -> (String, Value) {
    let losses = losses(question);
    let mut weaker = question.clone();
    let mut what = Vec::new();
    let mut choice = choice;
    for _ in 0..4 {
        let loss = &losses[choice as usize % losses.len()];
        choice /= 1 << 16;
        (loss.change)(&mut weaker);
        what.push(loss.what.as_str());
    }
    (what.join(", "), weaker)
}

struct Losses(Vec<Loss>);

impl Losses {
    fn add(&mut self, what: impl Into<String>, change: impl Fn(&mut Value) + 'static) {
        self.0.push(Loss { what: what.into(), change: Box::new(change) });
    }

    fn ages(&mut self, books: usize) {
        for days in OLDER_DAYS {
            for part in ["trust_list", "status", "agreements"] {
                self.add(format!("{part} {days} days older"), move |question| {
                    older(&mut question["pack"][part], days);
                });
            }
            for book in 0..books {
                self.add(format!("rulebook {book} {days} days older"), move |question| {
                    if let Some(book) = question["pack"]["rulebooks"].get_mut(book) {
                        older(book, days);
                    }
                });
            }
            self.add(format!("everything {days} days older"), move |question| {
                for part in ["trust_list", "status", "agreements"] {
                    older(&mut question["pack"][part], days);
                }
                for book in question["pack"]["rulebooks"].as_array_mut().into_iter().flatten() {
                    older(book, days);
                }
            });
        }
        self.add("age of the status list", |question| {
            if let Some(issued) = question.pointer_mut("/pack/status/issued") {
                *issued = Value::Null;
            }
        });
    }

    fn parts(&mut self, books: &[Value]) {
        for part in PARTS {
            self.add(part, move |question| question["pack"][part] = Value::Null);
        }
        self.add("the whole pack", |question| {
            for part in PARTS {
                question["pack"][part] = Value::Null;
            }
        });
        let name = |book: &Value| (book["issuer"].clone(), book["product"].clone());
        for book in books {
            let lost = name(book);
            self.add(format!("rulebook {} of {}", lost.1, lost.0), move |question| {
                if let Some(books) = question["pack"]["rulebooks"].as_array_mut() {
                    books.retain(|book| name(book) != lost);
                }
            });
        }
    }

    fn context(&mut self) {
        self.add("the clock", |question| question["context"]["clock"] = json!("unknown"));
        self.add("the list of facilities", |question| {
            question["context"]["facility"]["accredited"] = Value::Null;
            question["context"]["facility"]["level"] = Value::Null;
        });
        self.add("the facility", |question| {
            question["context"]["facility"] = json!({"id": null, "level": null, "accredited": null});
        });
        self.add("the comparison", |question| {
            if question["context"]["person"] != "mismatch" {
                question["context"]["person"] = json!("unchecked");
            }
        });
        for part in ["amount", "preauth", "serial"] {
            self.add(part, move |question| question["context"][part] = Value::Null);
        }
        self.add("the referral", |question| question["context"]["referral"] = json!(false));
        self.add("the memory of the device", |question| {
            question["context"]["ledger"] = json!([]);
            question["context"].as_object_mut().unwrap().remove("seen_today");
        });
    }

    /// Signers that are known only from parts that are gone.
    fn signers(&mut self, documents: &[Value]) {
        for (number, document) in documents.iter().enumerate() {
            if !matches!(document["authenticity"]["delegation"].as_str(), Some("none" | "unknown")) {
                self.add(format!("the delegation of document {number}"), move |question| {
                    question["credentials"][number]["authenticity"]["delegation"] = json!("unknown");
                });
            }
            if document["claims"].get("cnf").is_some() {
                self.add(format!("the token of document {number}"), move |question| {
                    question["credentials"][number]["authenticity"]["holder"] = json!("missing");
                });
            }
        }
        for signer in ["issuer", "key"] {
            self.add(format!("the trust list, and with it every {signer}"), move |question| {
                question["pack"]["trust_list"] = Value::Null;
                for document in question["credentials"].as_array_mut().unwrap() {
                    document["authenticity"][signer] = json!("unknown");
                }
            });
        }
    }
}

fn older(part: &mut Value, days: i32) {
    if let Some(issued) = part.get("issued").and_then(Value::as_str) {
        let issued = Date::parse(issued).unwrap();
        part["issued"] = json!(issued.plus_days(-days).unwrap().to_string());
    }
}
