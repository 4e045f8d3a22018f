//! The double of the Logs Ingestion API, without Postern: it refuses what the service refuses.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::support::sentinel::{CLIENT, RULE, SECRET, STREAM, Sentinel, TENANT};

const ROW: &str = r#"[{"TimeGenerated":"2026-11-20T10:04:00Z","RecordType":"alert","Seq":1,"Sources":["192.0.2.1"]}]"#;
const ID: &str = "6f0c1d7e-0000-4000-8000-00000000000b";

/// A client of the double, with a token.
struct Client {
    http: reqwest::Client,
    executor: Runtime,
    url: String,
    token: String,
}

/// A call that is right but for what a test changes.
struct Call<'a> {
    path: String,
    token: &'a str,
    id: &'a str,
    encoding: Option<&'a str>,
    body: Vec<u8>,
}

impl Client {
    fn of(sentinel: &Sentinel) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let executor = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut client = Self { http, executor, url: sentinel.url.clone(), token: String::new() };
        let (status, answer) = client.token(SECRET, "https%3A%2F%2Fmonitor.azure.com%2F.default");
        assert_eq!(status, 200);
        client.token = answer["access_token"].as_str().unwrap().to_owned();
        client
    }

    fn token(&self, secret: &str, scope: &str) -> (u16, Value) {
        let secret = secret.replace('+', "%2B").replace('=', "%3D");
        let form = format!("grant_type=client_credentials&client_id={CLIENT}&client_secret={secret}&scope={scope}");
        let request = self.http.post(format!("{}/{TENANT}/oauth2/v2.0/token", self.url)).body(form);
        self.send(request)
    }

    fn send(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        self.executor.block_on(async {
            let response = request.send().await.unwrap();
            let status = response.status().as_u16();
            (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
        })
    }

    fn call(&self) -> Call<'_> {
        let path = format!("dataCollectionRules/{RULE}/streams/{STREAM}?api-version=2023-01-01");
        Call { path, token: &self.token, id: ID, encoding: None, body: ROW.into() }
    }

    fn post(&self, call: Call<'_>) -> u16 {
        let mut request = self
            .http
            .post(format!("{}/{}", self.url, call.path))
            .header("authorization", format!("Bearer {}", call.token))
            .header("content-type", "application/json")
            .header("x-ms-client-request-id", call.id);
        if let Some(encoding) = call.encoding {
            request = request.header("content-encoding", encoding);
        }
        self.send(request.body(call.body)).0
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// An array of one row, of this length.
fn array(bytes: usize) -> String {
    let rows = |filler: &[usize]| {
        let row = |filler: &usize| json!({ "TimeGenerated": "2026-11-20T10:04:00Z", "Summary": "x".repeat(*filler) });
        Value::Array(filler.iter().map(row).collect()).to_string()
    };
    let many = vec![50_000; bytes / 51_000];
    let missing = bytes - rows(&[&many[..], &[0]].concat()).len();
    rows(&[&many[..], &[missing]].concat())
}

#[test]
fn what_the_documentation_asks_for_is_taken() {
    let sentinel = Sentinel::open();
    let client = Client::of(&sentinel);
    assert_eq!(client.post(client.call()), 204);
    assert_eq!(client.post(Call { encoding: Some("gzip"), body: gzip(ROW), ..client.call() }), 204);
    assert_eq!(client.post(Call { body: array(1_048_576).into(), ..client.call() }), 204);
    assert_eq!(sentinel.rows()[1]["Sources"], json!(["192.0.2.1"]));
    assert!(sentinel.refusals().is_empty());
}

#[test]
fn what_the_service_refuses_is_refused() {
    let sentinel = Sentinel::open();
    let client = Client::of(&sentinel);
    let path = |path: &str| path.to_owned();
    let refused = [
        (401, Call { token: "eyJ0.other", ..client.call() }),
        (
            404,
            Call { path: path("dataCollectionRules/dcr-0/streams/Custom-X?api-version=2023-01-01"), ..client.call() },
        ),
        (400, Call { path: format!("dataCollectionRules/{RULE}/streams/{STREAM}"), ..client.call() }),
        (400, Call { id: "1", ..client.call() }),
        (400, Call { encoding: Some("gzip"), ..client.call() }),
        (413, Call { body: array(1_048_577).into(), ..client.call() }),
        (413, Call { encoding: Some("gzip"), body: gzip(&array(1_048_577)), ..client.call() }),
    ];
    for (number, (status, call)) in refused.into_iter().enumerate() {
        assert_eq!(client.post(call), status, "call {number}");
    }
    let time = r#""TimeGenerated":"2026-11-20T10:04:00Z""#;
    for row in [
        "{}".to_owned(),
        "7".to_owned(),
        format!(r#"{{{time},"Unknown":1}}"#),
        format!(r#"{{{time},"Seq":"1"}}"#),
        r#"{"TimeGenerated":"yesterday"}"#.to_owned(),
        format!(r#"{{{time},"Summary":"{}"}}"#, "x".repeat(70_000)),
    ] {
        assert_eq!(client.post(Call { body: format!("[{row}]").into(), ..client.call() }), 400, "{row}");
        assert_eq!(client.post(Call { body: row.clone().into(), ..client.call() }), 400, "not an array: {row}");
    }
    assert!(sentinel.rows().is_empty());
}

#[test]
fn a_token_is_for_the_right_secret_and_the_right_audience() {
    let sentinel = Sentinel::open();
    let client = Client::of(&sentinel);
    let (status, answer) = client.token("wrong", "https%3A%2F%2Fmonitor.azure.com%2F.default");
    assert_eq!((status, &answer["error"]), (401, &"invalid_client".into()));
    let (status, answer) = client.token(SECRET, "https%3A%2F%2Fgraph.microsoft.com%2F.default");
    assert_eq!((status, &answer["error"]), (401, &"invalid_scope".into()));
    sentinel.revoke();
    assert_eq!(client.post(client.call()), 401);
}

#[test]
fn the_next_calls_are_answered_as_told() {
    let sentinel = Sentinel::open();
    let client = Client::of(&sentinel);
    sentinel.answer(&[403, 503]);
    let statuses = [(); 3].map(|()| client.post(client.call()));
    assert_eq!(statuses, [403, 503, 204]);
}

#[test]
fn the_table_has_the_columns_of_the_rule() {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let table = read(include_str!("../../deploy/sentinel/table.json"));
    let rule = read(include_str!("../../deploy/sentinel/dcr.json"));
    let declared = &rule["resources"][0]["properties"]["streamDeclarations"][STREAM]["columns"];
    let columns = &table["properties"]["schema"]["columns"];
    assert_eq!(columns, declared);
    let names: Vec<_> = columns.as_array().unwrap().iter().map(|column| column["name"].as_str().unwrap()).collect();
    // Names that the workspace keeps for itself, and what a name may be ("Add or delete tables and columns").
    let reserved = ["_ResourceId", "id", "_SubscriptionId", "TenantId", "Type", "UniqueId", "Title"];
    for name in names {
        let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let begins_well = name.starts_with(|c: char| c.is_ascii_alphabetic());
        assert!(is_plain && begins_well && name.len() <= 45 && !reserved.contains(&name), "{name}");
    }
}
