//! The vocabulary: what a mail event is made of, before anybody judges it.
//!
//! Types here parse themselves and nothing more. They borrow from the record's bytes wherever they can, because most
//! mail is irrelevant and should leave nothing behind; what later stages need is copied into a small owned record by
//! [`crate::judge`].
//!
//! Names follow the standards: *envelope from* is RFC 5321 `MAIL FROM` (Microsoft's P1, `SenderMailFrom*`), *header
//! from* is RFC 5322 `From:` (Microsoft's P2, `SenderFrom*`).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod address;
mod audit;
mod auth;
mod domain;
mod fingerprint;
mod mail;
mod network;
mod related;
mod text;
mod time;
mod visible;

pub use address::{Mailbox, domain_of};
pub use audit::{ActorKind, AuditEvent, Cmdlet, Organisation, Parameter};
pub use auth::{AuthResults, CompAuth, CompAuthReason, DkimResult, DmarcResult, SpfResult};
pub use domain::Domain;
pub use fingerprint::Fingerprint;
pub use mail::{DeliveryAction, DeliveryLocation, Direction, Form, MailEvent, Untold};
pub use network::SourceNetwork;
pub use related::{AttachmentInfo, PostDeliveryEvent, RelatedEvent, UrlClick, UrlInfo};
pub use text::Text;
pub use time::{Span, Time, TimeError};
pub use visible::{is_hidden, visible};
