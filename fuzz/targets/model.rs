#![no_main]

use std::sync::LazyLock;

use circuits::model::Model;
use circuits::schema::Schema;

// A model of either kind, checked against a schema that is there.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(circuits::samples::schema);
    if let Ok(model) = serde_json::from_slice::<Model>(bytes) {
        let _ = model.check(&SCHEMA);
    }
});
