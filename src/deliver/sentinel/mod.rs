//! Microsoft Sentinel, by the Logs Ingestion API of Azure Monitor: a JSON array of rows a call, compressed.
//!
//! A call holds as many rows from the front as the documented megabyte takes, so that 413 is the exception. The service
//! drops no repeats: a row whose answer got lost is there twice, and `AlertId` and `Seq` tell which.
//!
//! Each call names itself by a GUID (`x-ms-client-request-id`), which stands in the reason of a fault, because it is
//! what Microsoft's support asks for.

mod encode;
mod fault;
mod token;

#[cfg(test)]
mod tests;

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use tracing::debug;

use super::decision::{Fault, Sent};
use super::http::{Answer, Http, guid, packed};
use super::portion::{Parcel, Portion};
use super::{Clock, DeliverError, Sink};
use crate::config::SentinelSink;
use crate::ledger::Entry;
use token::Tokens;

/// The version of the API that this was written against.
const API_VERSION: &str = "2023-01-01";

/// Posts to the stream of a data collection rule.
pub(super) struct Sentinel {
    name: String,
    http: Http,
    url: Url,
    tokens: Tokens,
    portion: Portion,
}

/// What became of a call.
enum Outcome {
    /// The rows are there.
    Taken,
    /// It is too large for somebody on the way; in whose words.
    TooLarge(String),
    /// The service cannot read it; in whose words.
    Malformed(String),
    /// There was no answer.
    Unanswered(Fault),
    /// Something else.
    Failed(Fault),
}

impl Sentinel {
    pub(super) fn new(name: &str, config: &SentinelSink, clock: Clock) -> Result<Self, DeliverError> {
        let (http, mut url) = Http::to(name, &config.endpoint, clock)?;
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["dataCollectionRules", &config.rule, "streams", &config.stream]);
        }
        url.set_query(Some(&format!("api-version={API_VERSION}")));
        let tokens = Tokens::new(name, &config.auth, &config.audience, clock)?;
        Ok(Self { name: name.to_owned(), http, url, tokens, portion: Portion::of(encode::ROWS_BYTES_MAX) })
    }

    /// Makes a call, with a new token if the one that we had is not believed.
    async fn call(&mut self, rows: usize, body: &[u8]) -> Outcome {
        let is_kept = self.tokens.is_kept();
        let mut outcome = self.post(rows, body).await;
        if is_kept && matches!(&outcome, Ok((_, answer)) if answer.status == 401) {
            self.tokens.forget();
            outcome = self.post(rows, body).await;
        }
        match outcome {
            Err(outcome) => outcome,
            Ok((_, answer)) if answer.is_success() => Outcome::Taken,
            Ok((id, answer)) => {
                if answer.status == 401 {
                    self.tokens.forget();
                }
                fault::outcome(&id, &answer)
            }
        }
    }

    async fn post(&mut self, rows: usize, body: &[u8]) -> Result<(String, Answer), Outcome> {
        let token: HeaderValue = self.tokens.authorization().await.map_err(Outcome::Failed)?;
        let id = guid(fastrand::u128(..));
        debug!(sink = self.name, request = id, rows, bytes = body.len(), "posts");
        let request = self
            .http
            .post(self.url.clone())
            .header(AUTHORIZATION, token)
            .header(CONTENT_TYPE, "application/json")
            .header("x-ms-client-request-id", &id);
        match self.http.send(packed(request, body.to_vec(), true)).await {
            Ok(answer) => Ok((id, answer)),
            Err(fault) => {
                Err(Outcome::Unanswered(Fault { reason: format!("request {id}: {}", fault.reason), ..fault }))
            }
        }
    }

    async fn deliver(&mut self, batch: &[Entry]) -> Result<usize, Fault> {
        let Parcel { entries, body } = self.portion.cut(batch, encode::append)?;
        let body = encode::closed(body);
        match self.call(entries.len(), &body).await {
            Outcome::Taken => {
                self.portion.taken();
                Ok(entries.len())
            }
            Outcome::TooLarge(reason) => Err(self.portion.too_large(entries, body.len(), reason)),
            Outcome::Malformed(reason) => Err(self.portion.condemned(entries, reason)),
            Outcome::Unanswered(fault) => Err(self.portion.unanswered(body.len(), fault)),
            Outcome::Failed(fault) => Err(fault),
        }
    }
}

impl Sink for Sentinel {
    async fn send(&mut self, batch: &[Entry]) -> Sent {
        self.deliver(batch).await.map_or_else(Sent::from, Sent::accepted)
    }

    async fn probe(&mut self) -> Result<String, Fault> {
        self.tokens.authorization().await?;
        Ok("Entra gives a token; `postern test-alert` shows whether the rule takes rows".to_owned())
    }
}
