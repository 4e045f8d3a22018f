//! What was found: who opened the gate, where, and how far. Owned and small, because it outlives the record.

use std::net::IpAddr;

use crate::event::{ActorKind, AuditEvent, Cmdlet, Text, Time};
use crate::judge::severity::Severity;

use super::catalog::{PostureRule, PostureRuleId};
use super::sign::Case;

/// The longest value that a finding carries; records may hold lists of a thousand domains.
const VALUE_BYTES_MAX: usize = 4 << 10;

/// The longest name of an object, an actor or a parameter.
const NAME_BYTES_MAX: usize = 512;

/// The most changes that a finding lists; where the gate is opened in more places, the first ones tell enough.
const CHANGES_MAX: usize = 20;

/// A change that opens the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostureFinding {
    /// The rule that it breaks.
    pub rule: PostureRuleId,
    /// How soon somebody should look.
    pub severity: Severity,
    /// When it was done.
    pub time: Time,
    /// The audit record's id, by which it is found again, and by which its repeats are known.
    pub record_id: Option<String>,
    /// The cmdlet.
    pub operation: Cmdlet,
    /// What it was done to: the connector, the rule, the policy, the domain.
    pub object: Option<String>,
    /// Who did it.
    pub actor: Option<String>,
    /// Whose account that is.
    pub actor_kind: ActorKind,
    /// From where.
    pub client_ip: Option<IpAddr>,
    /// What opens the gate, and nothing else of the record; at most 20.
    pub changes: Vec<Change>,
    /// What the reader must know beside the values.
    pub note: Option<&'static str>,
}

impl PostureFinding {
    /// What a rule finds in a record, if anything.
    pub(super) fn of(rule: &PostureRule, case: &Case<'_>) -> Option<Self> {
        let (mut changes, mut note) = (Vec::new(), None);
        for sign in rule.signs {
            let shown = sign.changes(case);
            note = note.or(sign.note.filter(|_| !shown.is_empty()));
            changes.extend(shown);
        }
        changes.truncate(CHANGES_MAX);
        let event = case.event;
        let name = |text: &Option<Text<'_>>| text.as_deref().map(|text| cut(text, NAME_BYTES_MAX));
        (!changes.is_empty()).then(|| Self {
            rule: rule.id,
            severity: rule.severity,
            time: event.timestamp,
            record_id: name(&event.id),
            operation: event.operation,
            object: case.object().map(|object| cut(object, NAME_BYTES_MAX)),
            actor: name(&event.actor),
            actor_kind: event.actor_kind,
            client_ip: event.client_ip,
            changes,
            note,
        })
    }
}

/// A setting, and what it was changed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The parameter; `Identity` where the run itself is the change.
    pub parameter: String,
    /// The value before, where the record tells, which records seldom do.
    pub from: Option<String>,
    /// The value now; of a list only the entries that open the gate. `$null` where the value was taken away.
    pub to: String,
}

impl Change {
    pub(super) fn new(event: &AuditEvent<'_>, parameter: &str, to: &str) -> Self {
        let before = event.before.iter().find(|it| it.name.eq_ignore_ascii_case(parameter));
        Self {
            parameter: cut(parameter, NAME_BYTES_MAX),
            from: before.map(|it| cut(&it.value, VALUE_BYTES_MAX)),
            to: cut(to, VALUE_BYTES_MAX),
        }
    }
}

fn cut(text: &str, bytes: usize) -> String {
    text[..text.floor_char_boundary(bytes)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_between_letters() {
        assert_eq!(cut("aéb", 2), "a");
        assert_eq!(cut("aéb", 9), "aéb");
    }
}
