#![no_main]

// Configuration files of every service.
libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = toml::from_str::<ledger_node::Config>(text);
    let _ = toml::from_str::<ledger_node::WitnessConfig>(text);
    if let Ok(config) = toml::from_str::<issuer::Config>(text) {
        let _ = config.check();
    }
    let _ = toml::from_str::<trustee_service::Config>(text);
    verifier_service::cli::read_config_for_fuzzing(text);
    wallet::fuzzing::config(text);
});
