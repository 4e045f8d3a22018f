//! Elasticsearch and OpenSearch, by `_bulk`: one document a record, in the Elastic Common Schema.
//!
//! Of all receivers this is the one that can tell a repeat: a record is created under an id of its own, so that one that
//! is sent again is a conflict, and a conflict means that it is there. The answer counts item by item: a status of 200
//! says nothing but that there are items.

mod answer;
mod encode;
mod template;
#[cfg(test)]
mod tests;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};

use super::decision::{Fault, Sent};
use super::http::{Http, authorization, below, packed};
use super::portion::Portion;
use super::words::chain;
use super::{Clock, DeliverError, Sink};
use crate::config::{ElasticTarget, ElasticsearchSink, HttpAuth, SecretSource};
use crate::ledger::Entry;
use crate::secrets::{self, Secret};

/// What a request may hold before it is compressed. Managed clusters take 10 MB, and bulk indexing gains nothing beyond
/// a few ("Tune for indexing speed", Elastic).
const REQUEST_BYTES_MAX: usize = 5_000_000;
/// Room for what is said of each item; a reason quotes the value it is about.
const ITEM_BYTES_MAX: usize = 16 << 10;
/// The longest answer, whatever the number of items.
const ANSWER_BYTES_MAX: usize = 32 << 20;
/// What of the answer is wanted: without it every item tells shards, versions and sequence numbers.
const FILTER: &str = "filter_path=took,errors,items.*.status,items.*.error.type,items.*.error.reason,items.*._id";

/// Creates documents.
pub(super) struct Elasticsearch {
    http: Http,
    url: Url,
    auth: HttpAuth,
    target: ElasticTarget,
    gzip: bool,
    portion: Portion,
}

impl Elasticsearch {
    pub(super) fn new(name: &str, config: &ElasticsearchSink, clock: Clock) -> Result<Self, DeliverError> {
        let (http, url) = Http::to(name, &config.endpoint, clock)?;
        let mut url = below(&url, &["_bulk"]);
        url.set_query(Some(FILTER));
        Ok(Self {
            http,
            url,
            auth: config.auth.clone(),
            target: config.target.clone(),
            gzip: config.gzip,
            portion: Portion::of(REQUEST_BYTES_MAX),
        })
    }

    async fn bulk(&mut self, batch: &[Entry]) -> Result<Sent, Fault> {
        let parcel = self.portion.cut(batch, |entry, body| encode::append(&self.target, entry, body))?;
        let (entries, bytes) = (parcel.entries, parcel.body.len());
        let mut request = self.http.post(self.url.clone()).header(CONTENT_TYPE, "application/x-ndjson");
        if let Some(credential) = credential(&self.auth)? {
            request = request.header(AUTHORIZATION, credential);
        }
        let room = ANSWER_BYTES_MAX.min((entries.len() + 1) * ITEM_BYTES_MAX);
        let answer = self.http.ask(packed(request, parcel.body, self.gzip), room).await?;
        if answer.is_success() {
            Ok(answer::fates(&answer, entries))
        } else if answer.status == 413 {
            Err(self.portion.too_large(entries, bytes, answer.words()))
        } else {
            Err(answer::fault(&answer))
        }
    }
}

impl Sink for Elasticsearch {
    async fn send(&mut self, batch: &[Entry]) -> Sent {
        self.bulk(batch).await.unwrap_or_else(Sent::from)
    }
}

/// What the cluster is to know us by. It is read for each request: a rotated one counts at once.
fn credential(auth: &HttpAuth) -> Result<Option<HeaderValue>, Fault> {
    let (scheme, credential) = match auth {
        HttpAuth::None => return Ok(None),
        HttpAuth::Basic { username, password } => {
            ("Basic", STANDARD.encode(format!("{username}:{}", read(password)?.expose())))
        }
        HttpAuth::ApiKey { key } => ("ApiKey", read(key)?.expose().to_owned()),
        HttpAuth::Bearer { token } => ("Bearer", read(token)?.expose().to_owned()),
    };
    authorization(scheme, &credential).map(Some)
}

fn read(source: &SecretSource) -> Result<Secret, Fault> {
    secrets::read(source).map_err(|error| Fault::hold(chain(&error)))
}
