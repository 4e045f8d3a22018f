//! A row of the connector report: the one trace that can say that there was no connector.
//!
//! Nobody has published its columns, so nothing is concluded from a column that is empty. The door is told where the row
//! says in words both which way the mail went and through which connector, `NoConnector` being one of the words.

use super::column::{Column, normalised};
use super::row::{Entry, Row};
use super::summary;
use crate::decode::undecodable::Flaw;
use crate::event::{Direction, Form, MailEvent, Text, Untold};

/// What the row says of the mail.
pub(super) fn event<'a>(entry: &Entry<'a>) -> Result<MailEvent<'a>, Flaw> {
    let event = summary::event(entry, Form::ConnectorReport)?;
    let direction = direction(&entry.row);
    let connector = Connector::of(&entry.row);
    let is_told = direction != Direction::Unknown && connector != Connector::Untold;
    let connectors = if let Connector::Named(name) = connector { Some(name) } else { None };
    let untold = Untold { entry: !is_told, ..event.untold };
    Ok(MailEvent { direction, connectors, untold, ..event })
}

/// The words of the search's `-Direction`, of its results and of the trace.
fn direction(row: &Row<'_>) -> Direction {
    let word = row.text(Column::Directionality);
    match word.map(|word| normalised(&word)).as_deref() {
        Some("inbound" | "received" | "incoming" | "1") => Direction::Inbound,
        Some("outbound" | "sent" | "originating" | "2") => Direction::Outbound,
        _ => Direction::Unknown,
    }
}

#[derive(PartialEq, Eq)]
enum Connector<'a> {
    Untold,
    None,
    Named(Text<'a>),
}

impl<'a> Connector<'a> {
    /// A name beats the type, which every connector of a kind shares.
    fn of(row: &Row<'a>) -> Self {
        let written = [Column::ConnectorName, Column::ConnectorType].map(|column| row.text(column));
        let says_none = |text: &Text<'_>| normalised(text) == "noconnector";
        if written.iter().flatten().any(says_none) {
            return Self::None;
        }
        written.into_iter().flatten().next().map_or(Self::Untold, Self::Named)
    }
}
