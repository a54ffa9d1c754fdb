#![no_main]

use std::sync::LazyLock;

use circuits::model::Model;
use circuits::policy::{Catalogue, Policy};
use circuits::schema::{Schema, SchemaId};

// A policy compiles or is refused; one that compiles gives rows and words.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(policy) = serde_json::from_slice::<Policy>(bytes) else { return };
    let Ok(checked) = policy.check(&*CATALOGUE) else { return };
    for query in &policy.credentials {
        for language in ["zh-CN", "en"] {
            let _ = checked.in_words(&query.id, NOW, language);
            let _ = checked.in_general(&query.id, language);
        }
    }
});

/// The schemas and models that the corpus' policies are about.
struct Published(Vec<Schema>, Vec<Model>);

impl Catalogue for Published {
    fn schema(&self, id: &SchemaId) -> Option<&Schema> {
        self.0.iter().find(|schema| schema.schema == *id)
    }
    fn model(&self, id: &SchemaId) -> Option<&Model> {
        self.1.iter().find(|model| model.id() == id)
    }
}

static CATALOGUE: LazyLock<Published> = LazyLock::new(|| {
    let schemas = [
        include_str!("../../tests/fixtures/51f4677/input/schema-identity-1.json"),
        include_str!("../../tests/fixtures/51f4677/input/schema-licence-1.json"),
        include_str!("../../tests/fixtures/51f4677/input/schema-credit-factors-1.json"),
    ];
    let model = include_str!("../../tests/fixtures/51f4677/input/model-credit-scorecard-1.json");
    Published(schemas.map(read::<Schema>).into(), vec![read(model)])
});

/// From a file that is a whole record, or what it publishes.
fn read<T: serde::de::DeserializeOwned>(text: &str) -> T {
    let json: serde_json::Value = serde_json::from_str(text).expect("the fixture is JSON");
    let inner = ["schema", "model"]
        .into_iter()
        .find_map(|member| json.get(member).filter(|v| v.is_object()).cloned());
    serde_json::from_value(inner.unwrap_or(json)).expect("the fixture is of its kind")
}

const NOW: u64 = 1_796_083_200;
