//! Who a message says it is from, on the envelope and in the header, and whom it is for.

use std::collections::BTreeSet;

use super::authentication_results::AuthenticationResults;
use super::fields::Fields;
use super::mailboxes::{Named, mailbox, mailboxes};
use crate::event::{Domain, Mailbox, Text, domain_of};

/// The authors of a message.
pub(super) struct Authors {
    /// The name in front of the first.
    pub(super) display_name: Option<String>,
    /// All mailboxes of all `From` fields.
    pub(super) mailboxes: Vec<Mailbox<'static>>,
    /// Whether the block tells; one without any `From` was cut, unless Exchange Online says that there was none.
    pub(super) is_told: bool,
}

impl Authors {
    /// Takes the first mailbox out; an empty one stands for none.
    pub(super) fn take_first(&mut self) -> Mailbox<'static> {
        if self.mailboxes.is_empty() { Mailbox::default() } else { self.mailboxes.remove(0) }
    }
}

/// All mailboxes of all `From` fields. The domain that Exchange Online took for the author's is added where no mailbox has
/// it: a reader may be shown what our parser did not find.
pub(super) fn authors(fields: &Fields<'_>, results: Option<&AuthenticationResults>) -> Authors {
    let named = mailboxes(fields.all("From"));
    let is_told = fields.all("From").next().is_some() || results.is_some_and(|it| it.header_from().next().is_some());
    let display_name = named.first().and_then(|first| first.name.clone());
    let mut mailboxes: Vec<_> = named.into_iter().map(|named| named.mailbox).collect();
    let judged = results.into_iter().flat_map(AuthenticationResults::header_from).filter(|domain| !domain.is_empty());
    for domain in judged.take(JUDGED_MAX) {
        let folded = Domain::fold(domain);
        if !mailboxes.iter().any(|mailbox| mailbox.folded_domain().as_ref() == Some(&folded)) {
            mailboxes.push(Mailbox { address: None, domain: Some(Text::from(domain.to_owned())) });
        }
    }
    Authors { display_name, mailboxes, is_told }
}

/// Exchange Online writes one `header.from`; what is more was smuggled in.
const JUDGED_MAX: usize = 4;

/// The envelope sender: the domain that SPF was asked for. `Return-Path` adds the local part where it agrees, and is only
/// shown where there is no result to agree with.
pub(super) fn envelope(fields: &Fields<'_>, results: Option<&AuthenticationResults>) -> Mailbox<'static> {
    let returned = || fields.all("Return-Path").map(bare).filter(|path| domain_of(path).is_some());
    let Some(results) = results else {
        return returned().next().map(|path| mailbox(path.to_owned())).unwrap_or_default();
    };
    let sender = results.property("spf", "smtp.mailfrom").map(bare).filter(|sender| !sender.is_empty());
    let Some(sender) = sender else { return Mailbox::default() };
    if sender.contains('@') {
        return mailbox(sender.to_owned());
    }
    let domain = Domain::fold(sender);
    let agrees = |path: &&str| domain_of(path).is_some_and(|it| Domain::fold(it) == domain);
    Mailbox {
        address: returned().find(agrees).map(|path| Text::from(path.to_owned())),
        domain: Some(Text::from(sender.to_owned())),
    }
}

/// Whether the results name an envelope sender; `smtp.helo` says that there was none (a null reverse-path).
pub(super) fn is_envelope_told(results: &AuthenticationResults) -> bool {
    ["smtp.mailfrom", "smtp.helo"].into_iter().any(|name| results.property("spf", name).is_some())
}

/// Whom it is for: an author, where it is addressed to its own author; else the first of `To`, else whom it was handed to.
pub(super) fn recipient(fields: &Fields<'_>, authors: &[Mailbox<'_>]) -> Text<'static> {
    let authors: BTreeSet<String> = authors.iter().filter_map(Mailbox::folded_address).collect();
    let is_author = |named: &&Named| named.mailbox.folded_address().is_some_and(|address| authors.contains(&address));
    let listed = ["To", "Delivered-To", "Cc"].into_iter().map(|name| mailboxes(fields.all(name)));
    let Some(recipients) = listed.into_iter().find(|found| !found.is_empty()) else { return Text::default() };
    let recipient = recipients.iter().find(is_author).or(recipients.first());
    recipient.and_then(|named| named.mailbox.address.clone()).unwrap_or_default()
}

/// Without the angle brackets.
fn bare(path: &str) -> &str {
    path.trim().trim_start_matches('<').trim_end_matches('>')
}
