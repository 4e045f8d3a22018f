//! A double of Microsoft Entra and of the Logs Ingestion API, as strict as their documentation: it refuses what they
//! refuse, and what they would drop without a word it refuses as well.
//!
//! Microsoft offers neither to be run anywhere else. What is checked is what the pages "Logs Ingestion API in Azure
//! Monitor" and "OAuth 2.0 client credentials flow" say.

use std::collections::{BTreeMap, VecDeque};
use std::io::Read;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// The application's credentials, and the rule that it may write to.
pub const TENANT: &str = "6f0c1d7e-0000-4000-8000-000000000001";
/// See [`TENANT`].
pub const CLIENT: &str = "6f0c1d7e-0000-4000-8000-00000000000a";
/// See [`TENANT`].
pub const SECRET: &str = "s3~cret+of/the=application";
/// See [`TENANT`].
pub const RULE: &str = "dcr-0123456789abcdef0123456789abcdef";
/// The stream that the rule declares.
pub const STREAM: &str = "Custom-PosternAlerts_CL";

const AUDIENCE: &str = "https://monitor.azure.com";
/// "1 MB", and what Microsoft's own client (azure-monitor-ingestion 1.1.0) fills calls to.
const CALL_BYTES_MAX: usize = 1 << 20;
const FIELD_BYTES_MAX: usize = 64 << 10;

/// Entra and the service on one loopback port; gone when it is dropped.
pub struct Sentinel {
    /// `url` of the sink, and `authority` of its identity.
    pub url: String,
    service: Arc<Mutex<Service>>,
    _executor: Runtime,
}

struct Service {
    /// The rule's `streamDeclarations`.
    columns: BTreeMap<String, String>,
    tokens: Vec<String>,
    rows: Vec<Value>,
    refusals: Vec<String>,
    /// What the next calls are answered with, whatever they say.
    next: VecDeque<u16>,
}

/// Why a call is refused.
struct Refused(StatusCode, &'static str, String);

impl Sentinel {
    /// Listens, with the columns that the shipped data collection rule declares.
    #[must_use]
    pub fn open() -> Self {
        let rule: Value = serde_json::from_str(include_str!("../../deploy/sentinel/dcr.json")).unwrap();
        let declared = &rule["resources"][0]["properties"]["streamDeclarations"][STREAM]["columns"];
        let text = |column: &Value, key: &str| column[key].as_str().unwrap().to_owned();
        let columns = declared.as_array().unwrap().iter().map(|column| (text(column, "name"), text(column, "type")));
        let service = Service {
            columns: columns.collect(),
            tokens: Vec::new(),
            rows: Vec::new(),
            refusals: Vec::new(),
            next: VecDeque::new(),
        };
        let service = Arc::new(Mutex::new(service));
        let router = Router::new()
            .route("/{tenant}/oauth2/v2.0/token", post(grant))
            .route("/dataCollectionRules/{rule}/streams/{stream}", post(ingest))
            .layer(DefaultBodyLimit::max(16 << 20))
            .with_state(Arc::clone(&service));
        let executor = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = executor.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        executor.spawn(async { axum::serve(listener, router).await });
        Self { url, service, _executor: executor }
    }

    /// The rows that were taken, in order.
    #[must_use]
    pub fn rows(&self) -> Vec<Value> {
        self.service.lock().unwrap().rows.clone()
    }

    /// Why calls were refused, in order.
    #[must_use]
    pub fn refusals(&self) -> Vec<String> {
        self.service.lock().unwrap().refusals.clone()
    }

    /// Answers the next calls so, whatever they say: 403 as before a role counts, 429 and 5xx as under load.
    pub fn answer(&self, statuses: &[u16]) {
        self.service.lock().unwrap().next.extend(statuses);
    }

    /// Forgets the tokens that it gave: the next call with one of them gets 401.
    pub fn revoke(&self) {
        self.service.lock().unwrap().tokens.clear();
    }
}

/// A token for a client that names itself, its secret and the audience.
async fn grant(State(service): State<Arc<Mutex<Service>>>, Path(tenant): Path<String>, body: String) -> Response {
    let url = reqwest::Url::parse(&format!("http://localhost/?{body}")).unwrap();
    let form: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    let has = |key: &str, value: &str| form.get(key).is_some_and(|given| given == value);
    let denied = |error: &str, code: &str| {
        let body = json!({ "error": error, "error_description": format!("{code}: see the documentation.") });
        (StatusCode::UNAUTHORIZED, body.to_string()).into_response()
    };
    if tenant != TENANT || !has("grant_type", "client_credentials") || !has("client_id", CLIENT) {
        return denied("unauthorized_client", "AADSTS700016");
    }
    if !has("client_secret", SECRET) {
        return denied("invalid_client", "AADSTS7000215");
    }
    if !has("scope", &format!("{AUDIENCE}/.default")) {
        return denied("invalid_scope", "AADSTS1002012");
    }
    let mut service = service.lock().unwrap();
    let token = format!("eyJ0.token-{}", service.tokens.len() + 1);
    service.tokens.push(token.clone());
    json!({ "token_type": "Bearer", "expires_in": 3599, "access_token": token }).to_string().into_response()
}

async fn ingest(
    State(service): State<Arc<Mutex<Service>>>,
    Path((rule, stream)): Path<(String, String)>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut service = service.lock().unwrap();
    if let Some(status) = service.next.pop_front() {
        service.refusals.push(status.to_string());
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    match service.check((&rule, &stream), &query, &headers, &body) {
        Ok(rows) => {
            service.rows.extend(rows);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(Refused(status, code, message)) => {
            service.refusals.push(format!("{} {code}: {message}", status.as_u16()));
            (status, json!({ "error": { "code": code, "message": message } }).to_string()).into_response()
        }
    }
}

impl Service {
    fn check(
        &self,
        (rule, stream): (&str, &str),
        query: &BTreeMap<String, String>,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Vec<Value>, Refused> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let bad = |code, message: &str| Err(Refused(StatusCode::BAD_REQUEST, code, message.to_owned()));
        let token = header("authorization").strip_prefix("Bearer ").unwrap_or_default();
        if !self.tokens.iter().any(|known| known == token) {
            return Err(Refused(StatusCode::UNAUTHORIZED, "InvalidToken", "not a token for this audience".into()));
        }
        if (rule, stream) != (RULE, STREAM) {
            return Err(Refused(StatusCode::NOT_FOUND, "NotFound", format!("{rule} {stream}")));
        }
        if query.get("api-version").is_none_or(|version| version != "2023-01-01") {
            return bad("InvalidApiVersion", "api-version is 2023-01-01");
        }
        if header("content-type").split(';').next() != Some("application/json") {
            return bad("UnsupportedMediaType", "Content-Type is application/json");
        }
        let id = header("x-ms-client-request-id");
        if !id.is_empty() && !is_guid(id) {
            return bad("InvalidRequestId", "x-ms-client-request-id is a GUID");
        }
        let text = inflated(header("content-encoding"), body)?;
        let rows = match serde_json::from_str(&text) {
            Ok(Value::Array(rows)) => rows,
            _ => return bad("InvalidPayload", "the body is a JSON array"),
        };
        rows.iter().try_for_each(|row| self.check_row(row))?;
        Ok(rows)
    }

    /// An object with `TimeGenerated`, of columns that the rule declares and of their types.
    fn check_row(&self, row: &Value) -> Result<(), Refused> {
        let bad = |message: String| Err(Refused(StatusCode::BAD_REQUEST, "InvalidPayload", message));
        let Some(fields) = row.as_object() else { return bad(format!("{row} is no object")) };
        if !fields.contains_key("TimeGenerated") {
            return bad("TimeGenerated is missing".into());
        }
        for (name, value) in fields {
            let Some(kind) = self.columns.get(name) else { return bad(format!("{name} is not declared")) };
            if !is_of(kind, value) {
                return bad(format!("{name} is no {kind}: {value}"));
            }
            if value.to_string().len() > FIELD_BYTES_MAX {
                return bad(format!("{name} is longer than {FIELD_BYTES_MAX} bytes and would be cut"));
            }
        }
        Ok(())
    }
}

/// The body as text, within the limit before it is inflated and after.
fn inflated(encoding: &str, body: &[u8]) -> Result<String, Refused> {
    let mut text = String::new();
    let read = match encoding {
        "gzip" => GzDecoder::new(body).take(CALL_BYTES_MAX as u64 + 1).read_to_string(&mut text),
        _ => (&body[..body.len().min(CALL_BYTES_MAX + 1)]).read_to_string(&mut text),
    };
    if body.len() > CALL_BYTES_MAX || text.len() > CALL_BYTES_MAX {
        let message = "Maximum allowed content length: 1048576 bytes (1 MB)".to_owned();
        return Err(Refused(StatusCode::PAYLOAD_TOO_LARGE, "ContentLengthLimitExceeded", message));
    }
    match read {
        Ok(_) => Ok(text),
        Err(error) => Err(Refused(StatusCode::BAD_REQUEST, "InvalidPayload", error.to_string())),
    }
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        _ if value.is_null() => true,
        "string" => value.is_string(),
        "datetime" => value.as_str().is_some_and(|text| postern::event::Time::parse(text).is_ok()),
        "int" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        "long" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "dynamic" => value.is_array() || value.is_object(),
        _ => false,
    }
}

fn is_guid(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
