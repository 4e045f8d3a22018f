//! What the Collector writes: OTLP as JSON, turned back into the events that were sent.

use serde_json::{Map, Value};

/// An event as the receiver understood it; what was not sent is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Seconds since 1970; the receiver keeps them to the microsecond or so, as a double does.
    pub time: Option<f64>,
    /// Who saw it.
    pub host: Option<String>,
    /// The source.
    pub source: Option<String>,
    /// The source type.
    pub sourcetype: Option<String>,
    /// The index.
    pub index: Option<String>,
    /// The event itself. The receiver makes doubles of its numbers, and writes those without a fraction as integers.
    pub event: Value,
    /// The indexed fields.
    pub fields: Map<String, Value>,
}

/// The events of one request.
pub(super) fn events(request: &Value) -> Vec<Event> {
    let resources = list(&request["resourceLogs"]).iter();
    let scopes = resources.flat_map(|resource| list(&resource["scopeLogs"]).iter().map(move |scope| (resource, scope)));
    let records =
        scopes.flat_map(|(resource, scope)| list(&scope["logRecords"]).iter().map(move |log| (resource, log)));
    records.map(|(resource, record)| event(&attributes(&resource["resource"]), record)).collect()
}

fn event(origin: &Map<String, Value>, record: &Value) -> Event {
    let of_origin = |name: &str| origin.get(name).and_then(Value::as_str).map(str::to_owned);
    let nanoseconds = record["timeUnixNano"].as_str().and_then(|digits| digits.parse::<f64>().ok());
    Event {
        time: nanoseconds.map(|nanoseconds| nanoseconds / 1e9),
        host: of_origin("host.name"),
        source: of_origin("com.splunk.source"),
        sourcetype: of_origin("com.splunk.sourcetype"),
        index: of_origin("com.splunk.index"),
        event: plain(&record["body"]),
        fields: attributes(record),
    }
}

fn attributes(of: &Value) -> Map<String, Value> {
    pairs(&of["attributes"])
}

fn pairs(list_of_pairs: &Value) -> Map<String, Value> {
    let pair = |pair: &Value| (pair["key"].as_str().unwrap_or_default().to_owned(), plain(&pair["value"]));
    list(list_of_pairs).iter().map(pair).collect()
}

/// `"x"` of `{"stringValue": "x"}`, and so on; the empty object is null.
fn plain(value: &Value) -> Value {
    let Some((kind, inner)) = value.as_object().and_then(|object| object.iter().next()) else { return Value::Null };
    match kind.as_str() {
        "kvlistValue" => Value::Object(pairs(&inner["values"])),
        "arrayValue" => list(&inner["values"]).iter().map(plain).collect(),
        // 64 bits do not fit into the numbers of JavaScript, so OTLP writes their digits in quotes.
        "intValue" => inner.as_str().and_then(|digits| digits.parse::<i64>().ok()).map_or(Value::Null, Value::from),
        _ => inner.clone(),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
