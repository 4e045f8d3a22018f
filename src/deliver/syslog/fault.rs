//! What an error of a connection means.

use std::io;

use rustls::AlertDescription;

use crate::deliver::decision::Fault;
use crate::deliver::words::chain;

/// Connections break by themselves and come back by themselves; certificates that are not believed, on either side,
/// and receivers that speak no TLS do not.
pub(super) fn fault(doing: &str, error: &io::Error) -> Fault {
    let reason = format!("{doing}: {}", chain(error));
    let tls = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    if tls.is_some_and(is_lasting) { Fault::hold(reason) } else { Fault::retry(reason) }
}

fn is_lasting(error: &rustls::Error) -> bool {
    match error {
        rustls::Error::InvalidCertificate(_)
        | rustls::Error::NoCertificatesPresented
        | rustls::Error::PeerIncompatible(_)
        | rustls::Error::InvalidMessage(_) => true,
        rustls::Error::AlertReceived(alert) => is_verdict(*alert),
        _ => false,
    }
}

/// Whether the receiver says that it does not want us (RFC 8446, section 6.2).
fn is_verdict(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::NoCertificate
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            // The signature of our certificate, or ours by its key, is not right.
            | AlertDescription::DecryptError
            | AlertDescription::HandshakeFailure
            | AlertDescription::ProtocolVersion
            | AlertDescription::InsufficientSecurity
            | AlertDescription::UnrecognisedName
            | AlertDescription::CertificateRequired
    )
}
