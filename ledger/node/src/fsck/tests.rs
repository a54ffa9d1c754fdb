//! fsck's tests.
