//! Rows in the wrappers of query interfaces, beside their schema.
//!
//! `runHuntingQuery` of Graph writes `schema` and `results`, the interface before it `Schema` and `Results`; OData writes
//! `value`, and before its fourth version `d`, with or without `results` in it. The keys of an object have no order, and
//! rows must know a schema that stands behind them. So a wrapper is passed over first, which checks all of it, and only
//! the places where rows begin are kept; the rows are cut when the end of the wrapper is known.
//!
//! An object that names its table itself is a record and no wrapper, whatever its columns are called.

use super::columns::Columns;
use super::key::{Key, KeySet};
use super::quoted::Quoted;
use super::scan::{Scalar, Scan, Stop};
use super::trace_json;

/// What has been seen of an object that may be a wrapper.
#[derive(Default)]
pub(super) struct Reply<'a> {
    /// Where arrays of rows begin.
    rows: Vec<Scan<'a>>,
    schema: Option<KeySet>,
    has_two_schemas: bool,
    /// The object names its table.
    is_record: bool,
    /// The object may be a row of several recipients.
    pub(super) may_name_several: bool,
}

impl<'a> Reply<'a> {
    /// Passes over a member of the object.
    pub(super) fn member(&mut self, scan: &mut Scan<'a>, key: Quoted<'a>, depth_max: u8) -> Result<(), Stop> {
        let depth = depth_max.saturating_sub(1);
        let name = key.plain().unwrap_or_default();
        match (name, scan.peek()) {
            ("results" | "Results" | "value" | "d", Some(b'[')) => self.place_of_rows(scan, depth_max),
            ("d", Some(b'{')) => scan.object(|scan, key| match (key.plain(), scan.peek()) {
                (Some("results"), Some(b'[')) => self.place_of_rows(scan, depth_max),
                _ => scan.value(depth.saturating_sub(1)),
            }),
            ("schema" | "Schema", Some(b'[')) => self.schema(scan, depth),
            _ => {
                self.is_record |= matches!(name, "category" | "properties" | "Type");
                self.may_name_several |= trace_json::may_name_several(key, scan.written_value(depth)?);
                Ok(())
            }
        }
    }

    /// The places where rows begin, with what is known of their columns; `None` where the object is no reply.
    pub(super) fn rows(&mut self) -> Option<(Vec<Scan<'a>>, Columns)> {
        let columns =
            if self.has_two_schemas { Columns::Twice } else { Columns::OfReply(self.schema.unwrap_or_default()) };
        let is_reply = !self.is_record && !self.rows.is_empty();
        is_reply.then(|| (std::mem::take(&mut self.rows), columns))
    }

    /// Whether the object is a record with a column that looked like rows, and may now be deeper than a record may.
    pub(super) const fn may_be_too_deep(&self) -> bool {
        !self.rows.is_empty()
    }

    /// Passes over rows. Each may be as deep as a record may, because it will be one.
    fn place_of_rows(&mut self, scan: &mut Scan<'a>, depth_max: u8) -> Result<(), Stop> {
        self.rows.push(scan.clone());
        scan.value(depth_max.saturating_add(1))
    }

    /// Reads the columns of `[{"name":"Timestamp","type":"DateTime"}]`, and passes over what is none.
    fn schema(&mut self, scan: &mut Scan<'a>, depth: u8) -> Result<(), Stop> {
        self.has_two_schemas |= self.schema.is_some();
        let columns = self.schema.get_or_insert_default();
        let depth = depth.saturating_sub(2);
        scan.array(|scan| {
            if scan.peek() != Some(b'{') {
                return scan.value(depth);
            }
            scan.object(|scan, key| {
                if !matches!(key.plain(), Some("name" | "Name")) || scan.peek() != Some(b'"') {
                    return scan.value(depth);
                }
                if let Scalar::Text(name) = scan.scalar()?
                    && let Some(key) = Key::find(name.text().as_bytes())
                {
                    columns.insert(key);
                }
                Ok(())
            })
        })
    }
}
