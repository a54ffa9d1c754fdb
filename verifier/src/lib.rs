//! Believes the statement: bytes in, a verified presentation or a reason out; and the counter's service.
