//! Grants credentials: a department's desk and its nightly batch.
