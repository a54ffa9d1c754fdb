#![no_main]

use circuits::schema::Schema;

// A schema, the name of an attribute and values of it as text or JSON, with zeros between them.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(3, |byte| *byte == 0).map(String::from_utf8_lossy);
    let Some(Ok(schema)) = parts.next().map(|json| serde_json::from_str::<Schema>(&json)) else { return };
    let written = serde_json::to_string(&schema).expect("a schema is JSON");
    assert_eq!(serde_json::from_str::<Schema>(&written).ok().as_ref(), Some(&schema));
    let (Some(name), Some(text)) = (parts.next(), parts.next()) else { return };
    let _ = schema.values_from_text([(&*name, &*text)]);
    if let Ok(serde_json::Value::Object(values)) = serde_json::from_str(&text)
        && let Ok(values) = schema.values(&values)
    {
        let again = schema.values(&values.to_json()).expect("what was written is read");
        assert_eq!(again.elements(), values.elements());
    }
});
