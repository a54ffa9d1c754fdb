//! A part of a database that is made for a measurement and goes with it.

use super::session;
use super::{Pool, PostgresAddress, Runtime, StoreError};

/// A new, empty schema. Dropping it deletes it with everything in it.
pub(crate) struct ScratchSchema {
    /// `None` while it is dropped.
    runtime: Option<Runtime>,
    pool: Pool,
    name: String,
    address: PostgresAddress,
}

impl ScratchSchema {
    /// Makes one in a database. The name is one of ours, never from outside.
    pub(crate) fn make(of: &PostgresAddress, name: String) -> Result<Self, StoreError> {
        let (runtime, pool) = session::connect(of.expose(), session::believed())?;
        let address = of.in_schema(&name);
        let made = Self { runtime: Some(runtime), pool, name, address };
        made.execute(&format!("CREATE SCHEMA {}", made.name))?;
        Ok(made)
    }

    /// Leads to it.
    pub(crate) fn address(&self) -> &PostgresAddress {
        &self.address
    }

    fn execute(&self, statement: &str) -> Result<(), StoreError> {
        let done = async {
            let client = self.pool.get().await.map_err(session::pool_error)?;
            Ok(client.batch_execute(statement).await?)
        };
        self.runtime.as_ref().expect("only dropping takes it").block_on(done)
    }
}

impl Drop for ScratchSchema {
    fn drop(&mut self) {
        // A server that has gone meanwhile keeps it: nothing but the sample is in it.
        let _ = self.execute(&format!("DROP SCHEMA {} CASCADE", self.name));
        self.pool.close();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
