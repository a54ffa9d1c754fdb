//! Runs the whole loop in one process over real HTTP on loopback.
