#![no_main]

use std::sync::LazyLock;

use circuits::model::ScoringModel;
use circuits::schema::Schema;

/// A scoring model, checked against a schema that is there.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(circuits::samples::schema);
    if let Ok(model) = serde_json::from_slice::<ScoringModel>(bytes) {
        let _ = model.check(&SCHEMA);
    }
});
