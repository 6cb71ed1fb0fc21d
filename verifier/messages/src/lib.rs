//! What an answer says to people, in eight languages.
