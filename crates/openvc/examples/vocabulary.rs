//! Writes the files of the vocabulary from the mapping table, and prints their digests and the table itself.

use std::fs;
use std::io::Error;
use std::path::Path;

use sanad_openvc::{context_document, schema_document, table_markdown};
use sha2::{Digest as _, Sha256};

fn main() -> Result<(), Error> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("vocabulary");
    for (name, document) in [("context-v1.jsonld", context_document()), ("schema-v1.json", schema_document())]
    {
        let text = format!("{document:#}\n");
        let digest: String = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
        fs::write(directory.join(name), text)?;
        println!("{digest}  {name}");
    }
    print!("{}", table_markdown());
    Ok(())
}
