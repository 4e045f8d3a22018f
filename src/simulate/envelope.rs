//! Records as the Defender streaming API writes them.
//!
//! Key order, nulls, and what is a number, a boolean or JSON inside a string follow two captures, of 2022 and 2026.

use std::fmt::Display;

use super::json::Json;
use super::options::EnvelopeShape;

/// Room for a record and its longest names, so that writing one allocates once.
const RECORD_BYTES: usize = 2_560;

/// A key and what writes its value.
pub(super) type Property<T> = (&'static str, fn(&mut Json, &T));

/// Writes the rows of one table in one shape.
#[derive(Debug)]
pub(super) struct Table<T> {
    shape: EnvelopeShape,
    name: &'static str,
    properties: Vec<Property<T>>,
}

impl<T> Table<T> {
    /// The table of this name, its properties in the order of 2026; that of 2022 is the alphabet's.
    pub(super) fn new(shape: EnvelopeShape, name: &'static str, mut properties: Vec<Property<T>>) -> Self {
        if shape == EnvelopeShape::Defender2022 {
            properties.sort_by_key(|(key, _)| *key);
        }
        Self { shape, name, properties }
    }

    /// The record of a row that came to the service at one time and is published at another, both as they are written.
    pub(super) fn write(&self, row: &T, received: impl Display, tenant_id: &str, published: &str) -> String {
        let mut json = Json::with_capacity(RECORD_BYTES);
        match self.shape {
            EnvelopeShape::Defender2026 => {
                json.raw(r#"{"time":"#);
                json.word(published);
                json.raw(r#","tenantId":"#);
                json.text(tenant_id);
                json.raw(r#","operationName":"Publish","category":"AdvancedHunting-"#);
                json.raw(self.name);
                json.raw(r#"","_TimeReceivedBySvc":"#);
                json.plain(received);
                json.raw(r#","properties":"#);
                self.write_properties(&mut json, row);
                json.raw(r#","Tenant":"DefaultTenant"}"#);
            }
            EnvelopeShape::Defender2022 => {
                json.raw(r#"{"Tenant":"DefaultTenant","category":"AdvancedHunting-"#);
                json.raw(self.name);
                json.raw(r#"","operationName":"Publish","properties":"#);
                self.write_properties(&mut json, row);
                json.raw(r#","tenantId":"#);
                json.text(tenant_id);
                json.raw(r#","time":"#);
                json.word(published);
                json.raw("}");
            }
        }
        json.into_string()
    }

    fn write_properties(&self, json: &mut Json, row: &T) {
        let mut before = "{\"";
        for (key, write_value) in &self.properties {
            json.raw(before);
            json.raw(key);
            json.raw("\":");
            write_value(json, row);
            before = ",\"";
        }
        json.raw("}");
    }
}
