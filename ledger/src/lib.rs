//! Remembers the statement: records, registry, audit log, credential tree and the light client.
