//! What must hold for any header block; shared by the fuzz target, the replay of its corpus and the property tests.

use postern::decode::{Body, HeaderReview, Limits, Owner, Record, Undecodable, records};
use postern::event::{AuthResults, DeliveryAction, Direction, Form, MailEvent};

/// Reads a payload, and where it is a message checks every promise that can be checked. Returns whether it is one.
pub(crate) fn read_message(payload: &[u8]) -> bool {
    let Some(read) = read(payload) else { return false };
    if let Ok((event, review)) = &read {
        check_belief(event, review);
        check_line_ends(payload, event);
    }
    true
}

/// The event and the review of a message; `None` where the payload is something else.
pub(crate) fn read(payload: &[u8]) -> Option<Result<(MailEvent<'_>, HeaderReview), String>> {
    let mut read = None;
    let mut visits = 0;
    records(payload, &Limits::default(), &mut |visit| {
        visits += 1;
        if let Ok(raw) = visit {
            read =
                raw.review().map(|review| raw.decode().map(|record| (mail(record), review)).map_err(|it| detail(&it)));
        }
    });
    assert!(read.is_none() || visits == 1, "a message is one record");
    read
}

fn mail(record: Record<'_>) -> MailEvent<'_> {
    assert_eq!(record.envelope.owner, Owner::Unstated);
    assert_eq!(record.envelope.published, None);
    match record.body {
        Body::Mail(event) => event,
        body => panic!("no mail: {body:?}"),
    }
}

fn detail(undecodable: &Undecodable<'_>) -> String {
    assert!(undecodable.detail.len() <= 512 && !undecodable.detail.contains(char::is_control));
    format!("{}: {}", undecodable.reason, undecodable.detail)
}

/// Without a front door nothing is believed, and the review says the same as the event.
fn check_belief(event: &MailEvent<'_>, review: &HeaderReview) {
    let believed: Vec<_> = review.results.iter().filter(|result| result.is_believed).collect();
    assert!(believed.len() <= 1 && believed.iter().all(|result| result.server.is_none()));
    assert_eq!(event.form, Form::Message);
    assert_eq!((event.delivery_action, &event.connectors), (DeliveryAction::Unknown, &None));
    if event.untold.authentication {
        assert_eq!(event.authentication, AuthResults::default());
        assert!(event.untold.envelope_from && event.dkim_domains.is_empty());
    }
    if review.front_door().is_some() {
        assert_eq!(event.direction, Direction::Inbound);
    } else if review.hops.len() < 100 {
        assert!(event.direction != Direction::Inbound && event.untold.authentication && believed.is_empty());
        assert_eq!(event.sender_ip(), None);
        assert_eq!(event.untold.entry, event.direction == Direction::Unknown);
    }
    for mailbox in event.header_mailboxes() {
        assert!(mailbox.address.is_none() || mailbox.domain.is_some() || mailbox.folded_domain().is_none());
    }
}

/// How lines end makes no difference.
fn check_line_ends(payload: &[u8], event: &MailEvent<'_>) {
    if payload.contains(&b'\r') {
        return;
    }
    let converted: Vec<u8> = payload.split(|byte| *byte == b'\n').collect::<Vec<_>>().join(b"\r\n".as_slice());
    if let Some(Ok((other, _))) = read(&converted) {
        assert_eq!(*event, other);
    }
}
