//! Which of the headers Exchange Online wrote itself.
//!
//! Every server writes above what it was handed, so the front door divides the block: what stands above its `Received` line
//! was written inside, what stands below came with the message and is the sender's to invent, whole front doors included.
//! The topmost door is the true one, as long as only Microsoft's servers wrote above it. Where another server did, the
//! block was taken from somewhere else than a mailbox in Exchange Online, and nobody can say what was added on the way.
//!
//! Exchange Online writes its `X-MS-Exchange-*` fields at the end of the block, among the sender's, and removes forged ones
//! at the boundary. A pasted block does not show whether that has happened; so these prove nothing against a front door, and
//! only where there is none, and no foreign hop, do they say that a message is internal.

use super::authentication_results::AuthenticationResults;
use super::fields::Fields;
use super::received::Hop;

/// What can be believed of a block.
#[derive(Debug, Clone)]
pub(super) struct Trust<'f> {
    /// Every `Received` field, the latest first, each with its place among the fields.
    pub(super) hops: Vec<(usize, Hop<'f>)>,
    /// Where among the hops the front door is.
    pub(super) door: Option<usize>,
    /// Exchange Online's own results, with their place among the fields.
    pub(super) results: Option<(usize, AuthenticationResults)>,
    /// The message never left Exchange Online, and was submitted by somebody who had signed in.
    pub(super) is_internal: bool,
}

impl<'f> Trust<'f> {
    /// Looks at a block.
    pub(super) fn of(fields: &'f Fields<'_>) -> Self {
        let received = fields.iter().enumerate().filter(|(_, field)| field.is("Received"));
        let hops: Vec<_> = received.map(|(place, field)| (place, Hop::of(&field.value))).collect();
        let door = front_door(&hops);
        let results = door.and_then(|door| results_above(hops[door].0, fields));
        let is_internal = is_internal(&hops, fields);
        Self { hops, door, results, is_internal }
    }

    /// The front door.
    pub(super) fn front_door(&self) -> Option<&Hop<'f>> {
        self.hops.get(self.door?).map(|(_, hop)| hop)
    }

    /// Whether there is a front door that is none, because a foreign server wrote above it.
    pub(super) fn is_from_elsewhere(&self) -> bool {
        self.door.is_none() && self.hops.iter().any(|(_, hop)| hop.is_front_door())
    }

    /// Whether a field at this place was written inside.
    pub(super) fn is_above_the_door(&self, place: usize) -> bool {
        self.door.and_then(|door| self.hops.get(door)).is_some_and(|(door, _)| place < *door)
    }
}

fn front_door(hops: &[(usize, Hop<'_>)]) -> Option<usize> {
    let door = hops.iter().position(|(_, hop)| hop.is_front_door())?;
    hops.iter().take(door).all(|(_, hop)| hop.is_by_microsoft()).then_some(door)
}

/// The topmost results above the door in the dialect of Exchange Online.
fn results_above(door: usize, fields: &Fields<'_>) -> Option<(usize, AuthenticationResults)> {
    let headers = fields.iter().enumerate().take(door).filter(|(_, field)| field.is("Authentication-Results"));
    let mut parsed = headers.map(|(place, field)| (place, AuthenticationResults::parse(&field.value)));
    parsed.find(|(_, results)| results.is_in_eop_dialect())
}

/// Only inside hops, none of them at the edge, and every field that could say otherwise says so.
fn is_internal(hops: &[(usize, Hop<'_>)], fields: &Fields<'_>) -> bool {
    let is_inside = |(_, hop): &(usize, Hop<'_>)| hop.is_by_microsoft() && !hop.is_at_the_edge();
    let says = |names: &[&str], word: &str| {
        let mut values = names.iter().flat_map(|name| fields.all(name)).peekable();
        (values.peek().is_some(), values.all(|value| value.eq_ignore_ascii_case(word)))
    };
    let (_, is_originating) = says(&["X-MS-Exchange-Organization-MessageDirectionality"], "Originating");
    let authenticated = says(&["X-MS-Exchange-Organization-AuthAs", "X-MS-Exchange-CrossTenant-AuthAs"], "Internal");
    !hops.is_empty() && hops.iter().all(is_inside) && is_originating && authenticated == (true, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOOR: &str =
        "Received: from a (203.0.113.9) by x.mail.protection.outlook.com with SMTP via Frontend Transport; x\n";
    const INSIDE: &str = "Received: from a (2001:db8::1) by b.prod.outlook.com with HTTPS; x\n";
    const FOREIGN: &str = "Received: from a (203.0.113.1) by mx.example with SMTP; x\n";

    fn door(block: &str) -> Option<usize> {
        Trust::of(&Fields::of(block.as_bytes()).unwrap()).door
    }

    fn is_internal(block: &str) -> bool {
        Trust::of(&Fields::of(block.as_bytes()).unwrap()).is_internal
    }

    #[test]
    fn the_topmost_door_below_inside_hops_alone_is_the_door() {
        assert_eq!(door(&[INSIDE, DOOR, FOREIGN, DOOR].concat()), Some(1));
        assert_eq!(door(&[INSIDE, FOREIGN, DOOR].concat()), None);
        assert_eq!(door(&["Received: nonsense\n", DOOR].concat()), None);
        assert_eq!(door(INSIDE), None);
    }

    #[test]
    fn internal_is_what_everything_says_is() {
        let signed_in = "X-MS-Exchange-Organization-AuthAs: Internal\n";
        let anonymous = "x-ms-exchange-crosstenant-authas: Anonymous\n";
        let incoming = "X-MS-Exchange-Organization-MessageDirectionality: Incoming\n";
        assert!(is_internal(&[INSIDE, INSIDE, signed_in].concat()));
        assert!(!is_internal(signed_in));
        assert!(!is_internal(INSIDE));
        for other in [anonymous, incoming, FOREIGN, DOOR] {
            assert!(!is_internal(&[INSIDE, signed_in, other].concat()), "{other}");
        }
    }
}
