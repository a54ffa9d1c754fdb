use tokio::io::duplex;

use super::testing::{Pair, connect, texts};
use super::*;

/// Whether a client that believes only this certificate comes in.
async fn shows(tls: &Tls, known: &rustls::pki_types::CertificateDer<'static>) -> bool {
    let (ours, theirs) = duplex(1 << 16);
    let (client, _) = tokio::join!(connect(known, ours), tls.accept(theirs));
    if let Ok(stream) = &client {
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    }
    client.is_ok()
}

#[tokio::test(start_paused = true)]
async fn a_new_pair_is_shown_within_ten_seconds_and_a_bad_one_never() {
    let pair = Pair::new();
    let tls = Tls::open(&pair.files).unwrap();
    let (_, _, first) = texts();
    assert!(!shows(&tls, &first).await, "another certificate");
    let old = pem(&pair.files.cert);
    assert!(shows(&tls, &old).await);

    let (cert, key, new) = texts();
    std::fs::write(&pair.files.cert, &cert).unwrap();
    assert!(shows(&tls, &old).await, "nobody looks so soon");
    // The certificate is there and its key is not yet.
    tokio::time::advance(LOOK_EVERY).await;
    assert!(shows(&tls, &old).await);
    std::fs::write(&pair.files.key, &key).unwrap();
    tokio::time::advance(LOOK_EVERY).await;
    assert!(shows(&tls, &new).await && !shows(&tls, &old).await);

    for spoil in [
        || "no certificate".to_owned(),
        || texts().0,
        || String::from("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        || "x".repeat(2 << 20),
    ] {
        std::fs::write(&pair.files.cert, spoil()).unwrap();
        tokio::time::advance(LOOK_EVERY).await;
        assert!(shows(&tls, &new).await);
    }
    std::fs::remove_file(&pair.files.cert).unwrap();
    tokio::time::advance(LOOK_EVERY).await;
    assert!(shows(&tls, &new).await);
    std::fs::write(&pair.files.cert, &cert).unwrap();
    tokio::time::advance(LOOK_EVERY).await;
    assert!(shows(&tls, &new).await);
}

#[test]
fn what_does_not_fit_is_refused_at_the_start_with_the_file_that_is_wrong() {
    let (cert, key, _) = texts();
    let (_, other, _) = texts();
    let locked = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (cert, key, wanted) in [
        (cert.as_str(), other.as_str(), "is not that of the first certificate"),
        (&key, &key, "cert.pem` has no certificate"),
        ("", &key, "cert.pem` has no certificate"),
        (&cert, &cert, "key.pem` has no private key"),
        (&cert, &locked, "key.pem` has no private key"),
        (broken, &key, "the certificate in `"),
    ] {
        let pair = Pair::new();
        std::fs::write(&pair.files.cert, cert).unwrap();
        std::fs::write(&pair.files.key, key).unwrap();
        let error = Tls::open(&pair.files).unwrap_err().to_string();
        assert!(error.contains(wanted), "{wanted}: {error}");
    }
    let pair = Pair::new();
    std::fs::remove_file(&pair.files.key).unwrap();
    assert!(Tls::open(&pair.files).unwrap_err().to_string().contains("key.pem"));
}

#[cfg(feature = "cli")]
#[test]
fn one_file_without_the_other_is_a_usage_error() {
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Trial {
        #[command(flatten)]
        tls: TlsArgs,
    }

    for alone in ["--tls-cert", "--tls-key"] {
        let missing = if alone == "--tls-cert" { "--tls-key" } else { "--tls-cert" };
        let error = Trial::try_parse_from(["trial", alone, "x"]).unwrap_err().to_string();
        assert!(error.contains("required") && error.contains(missing), "{error}");
    }
    let both = Trial::try_parse_from(["trial", "--tls-cert", "c", "--tls-key", "k"]).unwrap();
    let configured = TlsFiles { cert: "a".into(), key: "b".into() };
    let given = TlsFiles { cert: "c".into(), key: "k".into() };
    assert_eq!(both.tls.or(Some(configured.clone())), Some(given));
    assert_eq!(TlsArgs::default().or(Some(configured.clone())), Some(configured));
    assert!(serde_json::from_str::<TlsFiles>(r#"{"cert": "c"}"#).is_err());
}

fn pem(path: &std::path::Path) -> rustls::pki_types::CertificateDer<'static> {
    use rustls::pki_types::pem::PemObject as _;
    rustls::pki_types::CertificateDer::from_pem_file(path).unwrap()
}
