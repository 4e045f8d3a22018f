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

use reqwest::Url;
use reqwest::header::CONTENT_TYPE;

use super::decision::{Fault, Sent};
use super::http::{Http, authorised, below, packed};
use super::portion::Portion;
use super::{Clock, DeliverError, Sink};
use crate::config::{ElasticTarget, ElasticsearchSink, HttpAuth};
use crate::ledger::Entry;

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
    template_url: Url,
    template: String,
    auth: HttpAuth,
    target: ElasticTarget,
    gzip: bool,
    portion: Portion,
}

impl Elasticsearch {
    pub(super) fn new(name: &str, config: &ElasticsearchSink, clock: Clock) -> Result<Self, DeliverError> {
        let (http, url) = Http::to(name, &config.endpoint, clock)?;
        let (name, template) = template::template(&config.target);
        let template_url = below(&url, &["_index_template", &name]);
        let mut url = below(&url, &["_bulk"]);
        url.set_query(Some(FILTER));
        Ok(Self {
            http,
            url,
            template_url,
            template,
            auth: config.auth.clone(),
            target: config.target.clone(),
            gzip: config.gzip,
            portion: Portion::of(REQUEST_BYTES_MAX),
        })
    }

    async fn bulk(&mut self, batch: &[Entry]) -> Result<Sent, Fault> {
        let parcel = self.portion.cut(batch, |entry, body| encode::append(&self.target, entry, body))?;
        let (entries, bytes) = (parcel.entries, parcel.body.len());
        let request = self.http.post(self.url.clone()).header(CONTENT_TYPE, "application/x-ndjson");
        let request = authorised(request, &self.auth)?;
        let room = ANSWER_BYTES_MAX.min((entries.len() + 1) * ITEM_BYTES_MAX);
        let answer = self.http.ask(packed(request, parcel.body, self.gzip), room).await;
        let answer = answer.map_err(|fault| self.portion.unanswered(bytes, fault))?;
        if answer.is_success() {
            self.portion.taken();
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

    async fn probe(&mut self) -> Result<String, Fault> {
        let request = authorised(self.http.get(self.template_url.clone()), &self.auth)?;
        let answer = self.http.send(request).await?;
        match answer.status {
            200 => Ok("the index template is installed".to_owned()),
            404 => Err(Fault::hold("the index template is missing; `postern doctor --fix` installs it")),
            _ => Err(answer.fault()),
        }
    }

    /// Installs the index template, over whatever is there under its name.
    async fn set_up(&mut self) -> Result<Option<String>, Fault> {
        let request = self.http.put(self.template_url.clone()).header(CONTENT_TYPE, "application/json");
        let answer = self.http.send(authorised(request.body(self.template.clone()), &self.auth)?).await?;
        if answer.is_success() { Ok(Some("the index template was put".to_owned())) } else { Err(answer.fault()) }
    }
}
