//! Links and request objects, and what is wrong with them.
