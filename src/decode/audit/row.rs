//! The columns of one object that we read, under every name that a shape gives them.

use super::AuditFlaw;
use crate::decode::quoted::Quoted;
use crate::decode::scan::{Scan, Stop};
use crate::decode::undecodable::Reason;
use crate::event::{Text, Time};

/// The most names that a column has.
const NAMES_MAX: usize = 3;

/// Declares the columns with their names, the most trusted first.
macro_rules! columns {
    ($($column:ident = [$($name:literal),+]),+ $(,)?) => {
        /// A column of an audit record, of a row around one, or of an element of its lists.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Column {
            $($column,)+
        }

        impl Column {
            const COUNT: usize = [$(Self::$column),+].len();

            /// Recognises a name, and says which of the column's names it is.
            fn find(name: &str) -> Option<(Self, usize)> {
                $(if let Some(place) = [$($name),+].iter().position(|known| *known == name) {
                    return Some((Self::$column, place));
                })+
                None
            }

            /// The name by which Microsoft documents it.
            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$column => [$($name),+][0],)+ }
            }
        }
    };
}

columns! {
    // Of the row around a record.
    ActionType = ["ActionType"],
    AuditData = ["AuditData", "auditData"],
    IpAddress = ["IPAddress"],
    RawEventData = ["RawEventData"],
    // Of a record: the unified audit log, Graph, OfficeActivity.
    ClientIp = ["ClientIP", "Client_IPAddress"],
    ExternalAccess = ["ExternalAccess"],
    Id = ["Id", "OfficeId"],
    ModifiedProperties = ["ModifiedProperties"],
    ObjectId = ["ObjectId", "OfficeObjectId"],
    Operation = ["Operation", "operation", "Operations"],
    OrganizationId = ["OrganizationId"],
    OrganizationName = ["OrganizationName"],
    Parameters = ["Parameters"],
    ResultStatus = ["ResultStatus"],
    Time = ["CreationTime", "Timestamp", "TimeGenerated"],
    UserId = ["UserId"],
    UserType = ["UserType"],
    // Of an element of Parameters or ModifiedProperties.
    Name = ["Name"],
    OldValue = ["OldValue"],
    Value = ["Value"],
}

/// The columns of one object, as they are written, and read only when they are asked for.
pub(super) struct Row<'a> {
    values: [[Option<&'a str>; NAMES_MAX]; Column::COUNT],
    twice: [bool; Column::COUNT],
}

impl<'a> Row<'a> {
    /// Finds the columns.
    pub(super) fn of(json: &'a str) -> Result<Self, AuditFlaw> {
        let mut row = Self { values: [[None; NAMES_MAX]; Column::COUNT], twice: [false; Column::COUNT] };
        let mut scan = Scan::new(json);
        let walked = scan.object(|scan, name| {
            let written = scan.written_value(u8::MAX)?;
            row.keep(&name.text(), written);
            Ok(())
        });
        walked.map_err(|stop| flaw(json, stop))?;
        if scan.peek().is_none() { Ok(row) } else { Err(AuditFlaw::whole(Reason::NotJson)) }
    }

    /// The first value of a column, without a look at what stands behind it; `null` and `""` are none.
    pub(super) fn first(json: &'a str, column: Column) -> Result<Option<&'a str>, AuditFlaw> {
        let mut found = None;
        let walked = Scan::new(json).object(|scan, name| {
            let written = scan.written_value(u8::MAX)?;
            match Column::find(&name.text()) {
                Some((is, _)) if is == column && !is_empty(written) => {
                    found = Some(written);
                    Err(Stop::Unusual)
                }
                _ => Ok(()),
            }
        });
        match walked {
            Err(stop) if found.is_none() => Err(flaw(json, stop)),
            _ => Ok(found),
        }
    }

    /// A value as it is written.
    pub(super) fn written(&self, column: Column) -> Result<Option<&'a str>, AuditFlaw> {
        if self.twice[column as usize] {
            return Err(AuditFlaw::of(Reason::KeyTwice, column));
        }
        Ok(self.values[column as usize].iter().flatten().copied().find(|written| !is_empty(written)))
    }

    /// A scalar as text.
    pub(super) fn text(&self, column: Column) -> Result<Option<Text<'a>>, AuditFlaw> {
        match self.written(column)? {
            Some(written) if written.starts_with(['{', '[']) => Err(AuditFlaw::of(Reason::BadColumn, column)),
            written => Ok(written.map(scalar)),
        }
    }

    /// When it happened; a time without a zone is UTC.
    pub(super) fn time(&self) -> Result<Option<Time>, AuditFlaw> {
        let text = self.text(Column::Time)?;
        let parsed = text.map(|text| Time::parse(&text).map_err(|_| AuditFlaw::of(Reason::BadColumn, Column::Time)));
        parsed.transpose()
    }

    fn keep(&mut self, name: &str, written: &'a str) {
        if let Some((column, place)) = Column::find(name)
            && self.values[column as usize][place].replace(written).is_some()
        {
            self.twice[column as usize] = true;
        }
    }
}

/// A scalar as text; what is no string is shown as it is written.
pub(super) fn scalar(written: &str) -> Text<'_> {
    if written.starts_with('"') { Quoted::new(written, written.contains('\\')).text() } else { Text::borrowed(written) }
}

fn is_empty(written: &str) -> bool {
    matches!(written, "null" | r#""""#)
}

fn flaw(json: &str, stop: Stop) -> AuditFlaw {
    AuditFlaw::whole(match stop {
        Stop::Depth => Reason::TooDeep,
        _ if !json.trim_start().starts_with('{') => Reason::NotARecord,
        _ => Reason::NotJson,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_found_under_each_of_its_names_and_the_first_name_wins() {
        let row = Row::of(r#"{"OfficeId":"b","Id":"a","OfficeObjectId":"c"}"#).unwrap();
        assert_eq!(row.text(Column::Id).unwrap().unwrap().as_str(), "a");
        assert_eq!(row.text(Column::ObjectId).unwrap().unwrap().as_str(), "c");
    }

    #[test]
    fn a_name_twice_is_a_flaw_only_where_it_is_asked_for() {
        let row = Row::of(r#"{"Id":"a","Id":"b","UserId":"c"}"#).unwrap();
        assert_eq!(row.text(Column::Id).unwrap_err().reason, Reason::KeyTwice);
        assert!(row.text(Column::UserId).is_ok());
    }

    #[test]
    fn the_first_value_is_found_before_what_cannot_be_read() {
        assert_eq!(Row::first(r#"{"ActionType":"x","y":#"#, Column::ActionType), Ok(Some(r#""x""#)));
        assert_eq!(Row::first("{}", Column::ActionType), Ok(None));
        for (json, reason) in [("[]", Reason::NotARecord), ("{", Reason::NotJson), ("", Reason::NotARecord)] {
            assert_eq!(Row::first(json, Column::ActionType), Err(AuditFlaw::whole(reason)), "{json}");
        }
        let deep = format!(r#"{{"a":{}"#, "[".repeat(1 << 16));
        assert_eq!(Row::first(&deep, Column::ActionType), Err(AuditFlaw::whole(Reason::TooDeep)));
    }
}
