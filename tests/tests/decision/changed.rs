//! Questions changed in ways that must not change the answer.

use serde_json::{Map, Value, json};

/// Everything about a person that no rule may look at, changed.
pub(crate) fn protected_attributes(question: &Value, choice: u64) -> Value {
    let mut question = question.clone();
    let bit = |number: u32| choice >> number & 1 == 1;
    for document in question["credentials"].as_array_mut().unwrap() {
        let claims = document["claims"].as_object_mut().unwrap();
        let subject = claims["subject"].as_object_mut().unwrap();
        subject["name"] = json!(if bit(0) { "Nguyen Thi Lan" } else { "X" });
        optional(subject, "native_names", bit(1).then(|| json!([["am", "አበበ"], ["ar", "أمينة"]])));
        let births = ["1931-01-01", "2024~", "199X", "2001-02", "1990-XX"];
        optional(subject, "birth", bit(2).then(|| json!(births[choice as usize / 8 % births.len()])));
        optional(subject, "sex", bit(3).then(|| json!(["M", "F", "U", "N"][choice as usize / 16 % 4])));
        optional(subject, "household", bit(4).then(|| json!("HH-99")));
        optional(subject, "role", bit(5).then(|| json!("other")));
        if let Some(members) = subject.get_mut("members").and_then(Value::as_array_mut) {
            for member in members {
                *member =
                    json!([member[0], "Y", if bit(7) { json!(1950) } else { Value::Null }, "N", "parent"]);
            }
        }
        optional(claims, "languages", bit(8).then(|| json!(["ti"])));
        optional(claims, "source", bit(9).then(|| json!("village register")));
        if claims["type"] == "membership" {
            optional(claims, "category", bit(10).then(|| json!("seasonal")));
            optional(claims, "isco", bit(11).then(|| json!(9211)));
            optional(claims, "guardian", bit(12).then(|| json!("an aunt")));
        }
    }
    question
}

fn optional(object: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => object.insert(name.to_owned(), value),
        None => object.remove(name),
    };
}

/// Sets, members of objects and documents in another order. Rows of one agreement and lines of a table keep theirs, which
/// has a meaning.
pub(crate) fn shuffled(question: &Value, choice: u64) -> Value {
    let mut question = question.clone();
    let documents = question["credentials"].as_array_mut().unwrap();
    for document in &mut *documents {
        let sets = ["functions", "territory", "groups", "hosts", "areas", "outlets", "survives_suspension"];
        reverse(&mut document["claims"], &sets);
    }
    turn(documents, choice);
    if choice & 1 == 1 {
        documents.reverse();
    }
    turn(question["context"]["ledger"].as_array_mut().unwrap(), choice);
    if let Some(books) = question["pack"]["rulebooks"].as_array_mut() {
        books.iter_mut().for_each(|book| reverse(book, &["package", "protected", "preauth"]));
        turn(books, choice / 4);
    }
    for rules in
        question["pack"]["host_rules"].as_object_mut().into_iter().flat_map(|areas| areas.values_mut())
    {
        reverse(rules, &["always_free"]);
    }
    if let Some(rows) = question.pointer_mut("/pack/agreements/rows").and_then(Value::as_array_mut) {
        rows.iter_mut().for_each(|row| reverse(row, &["hosts", "groups", "preauth"]));
        // A stable sort: rows of one agreement keep their positions.
        rows.sort_by_key(|row| std::cmp::Reverse(row["id"].as_str().unwrap().to_owned()));
    }
    question
}

/// A card on which the line asked for stands alone.
pub(crate) fn without_other_lines(question: &Value, line: u64) -> Value {
    let mut question = question.clone();
    for document in question["credentials"].as_array_mut().unwrap() {
        let subject = document["claims"]["subject"].as_object_mut().unwrap();
        let Some(members) = subject.get_mut("members").and_then(Value::as_array_mut) else { continue };
        members.retain(|member| member[0] == line);
        if members.is_empty() {
            subject.remove("members");
        }
    }
    question
}

fn reverse(object: &mut Value, sets: &[&str]) {
    for set in sets {
        if let Some(set) = object.get_mut(set).and_then(Value::as_array_mut) {
            set.reverse();
        }
    }
}

fn turn(list: &mut [Value], by: u64) {
    if !list.is_empty() {
        let by = by as usize % list.len();
        list.rotate_left(by);
    }
}
