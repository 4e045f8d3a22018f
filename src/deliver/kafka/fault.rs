//! What an error of Kafka means for delivery.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

use crate::deliver::decision::Fault;
use crate::deliver::words::chain;
use crate::secrets::SecretError;

/// What a delivery report, or the client itself, says.
pub(super) fn of(error: &KafkaError) -> Fault {
    match error.rdkafka_error_code() {
        Some(code) if is_too_large(code) => Fault::refuse(error.to_string()),
        Some(code) if needs_an_operator(code) => Fault::hold(error.to_string()),
        // Everything that is not known to be for good may pass: a policy violation is how Event Hubs throttles.
        _ => Fault::retry(error.to_string()),
    }
}

/// What the client says when it cannot be made: settings that name a missing file, for example.
pub(super) fn unusable(error: &KafkaError) -> Fault {
    match error {
        // Its own text ends with the setting's value, which may be a password.
        KafkaError::ClientConfig(_, what, setting, _) => Fault::hold(format!("{what} {setting}")),
        other => Fault::hold(other.to_string()),
    }
}

/// What is wrong with a secret.
pub(super) fn unreadable(error: &SecretError) -> Fault {
    Fault::hold(chain(error))
}

/// Whether more than a retry is needed: credentials, permissions, or a topic that nobody has created.
pub(super) const fn needs_an_operator(code: Code) -> bool {
    matches!(
        code,
        Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::UnsupportedSASLMechanism
            | Code::IllegalSASLState
            | Code::TopicAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::UnknownTopic
            | Code::UnknownTopicOrPartition
            | Code::InvalidTopic
    )
}

const fn is_too_large(code: Code) -> bool {
    matches!(code, Code::MessageSizeTooLarge | Code::MessageBatchTooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliver::decision::Remedy;

    #[test]
    fn only_a_message_that_is_too_large_is_given_up() {
        let cases = [
            (Code::MessageSizeTooLarge, Remedy::Refuse),
            (Code::SaslAuthenticationFailed, Remedy::Hold),
            (Code::TopicAuthorizationFailed, Remedy::Hold),
            (Code::UnknownTopicOrPartition, Remedy::Hold),
            (Code::MessageTimedOut, Remedy::Retry(None)),
            (Code::PolicyViolation, Remedy::Retry(None)),
            (Code::PurgeQueue, Remedy::Retry(None)),
            (Code::Fatal, Remedy::Retry(None)),
            (Code::QueueFull, Remedy::Retry(None)),
        ];
        for (code, remedy) in cases {
            assert_eq!(of(&KafkaError::MessageProduction(code)).remedy, remedy, "{code:?}");
        }
    }
}
