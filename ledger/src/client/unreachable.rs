//! Why a service was not reached, in words that say what to do about a certificate.

use rustls::CertificateError;

/// What to say of an error of an agent. Errors of certificates name the way out; all others speak for themselves.
pub fn unreachable(error: &ureq::Error) -> String {
    match tls(error) {
        Some(rustls::Error::InvalidCertificate(certificate)) => refused(certificate),
        Some(rustls::Error::InvalidMessage(_)) => {
            "whatever answers there speaks no TLS; give its address with http, or another port".to_owned()
        }
        Some(error) => format!("no TLS connection: {error}"),
        None => error.to_string(),
    }
}

/// A handshake fails inside of a read or a write.
fn tls(error: &ureq::Error) -> Option<&rustls::Error> {
    match error {
        ureq::Error::Rustls(error) => Some(error),
        ureq::Error::Io(error) => error.get_ref()?.downcast_ref(),
        _ => None,
    }
}

fn refused(why: &CertificateError) -> String {
    match why {
        CertificateError::UnknownIssuer => "its certificate is not signed by an authority that this program knows; if the \
                                            authority is your own, give its certificate with --ca (or `ca` in the \
                                            configuration, or YONG_CA)"
            .to_owned(),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("its certificate is for another name; use an address that the certificate has ({why})")
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("its certificate has expired; renew it there, or correct this machine's clock ({why})")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("its certificate is not valid yet; correct the clock of this machine or theirs ({why})")
        }
        why => format!("its certificate is not accepted: {why}"),
    }
}
