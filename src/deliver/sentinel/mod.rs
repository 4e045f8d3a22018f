//! Microsoft Sentinel, by the Logs Ingestion API of Azure Monitor: a JSON array of rows a call, compressed.
//!
//! A call holds as many rows from the front as the documented megabyte takes, so that 413 is the exception; where it
//! comes all the same (a proxy on the way with a limit of its own), calls get smaller until it does not. The service
//! drops no repeats: a row whose answer got lost is there twice, and `AlertId` and `Seq` tell which.
//!
//! Each call names itself by a GUID (`x-ms-client-request-id`), which stands in the reason of a fault, because it is
//! what Microsoft's support asks for.

mod encode;
mod fault;
mod size;
mod token;

#[cfg(test)]
mod tests;

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use tracing::debug;

use super::decision::{Fate, Fault, Remedy, Sent};
use super::http::{Answer, Http, guid};
use super::{Clock, DeliverError, Sink};
use crate::config::SentinelSink;
use crate::ledger::Entry;
use encode::Call;
use size::Size;
use token::Tokens;

/// The version of the API that this was written against.
const API_VERSION: &str = "2023-01-01";

/// Posts to the stream of a data collection rule.
pub(super) struct Sentinel {
    name: String,
    http: Http,
    url: Url,
    tokens: Tokens,
    size: Size,
    /// Entries up to this one travel alone: together they were called malformed, which is the fault of one, or of none.
    alone_until: u64,
}

/// What became of a call.
enum Outcome {
    /// The rows are there.
    Taken,
    /// It is too large for somebody on the way; in whose words.
    TooLarge(Fault),
    /// The service cannot read it; in whose words.
    Malformed(Fault),
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
        Ok(Self { name: name.to_owned(), http, url, tokens, size: Size::default(), alone_until: 0 })
    }

    /// Makes a call, with a new token if the one that we had is not believed.
    async fn call(&mut self, call: &Call) -> Outcome {
        let is_kept = self.tokens.is_kept();
        let mut answer = self.post(call).await;
        if is_kept && answer.as_ref().is_ok_and(|(_, answer)| answer.status == 401) {
            self.tokens.forget();
            answer = self.post(call).await;
        }
        match answer {
            Err(fault) => Outcome::Failed(fault),
            Ok((_, answer)) if answer.is_success() => Outcome::Taken,
            Ok((id, answer)) => {
                if answer.status == 401 {
                    self.tokens.forget();
                }
                fault::outcome(&id, &answer)
            }
        }
    }

    async fn post(&mut self, call: &Call) -> Result<(String, Answer), Fault> {
        let token: HeaderValue = self.tokens.authorization().await?;
        let id = guid(fastrand::u128(..));
        debug!(sink = self.name, request = id, rows = call.rows, bytes = call.bytes, sent = call.body.len(), "posts");
        let mut request = self.http.post(self.url.clone());
        if call.is_gzip {
            request = request.header(CONTENT_ENCODING, "gzip");
        }
        let request = request
            .header(AUTHORIZATION, token)
            .header(CONTENT_TYPE, "application/json")
            .header("x-ms-client-request-id", &id)
            .body(call.body.clone());
        match self.http.send(request).await {
            Ok(answer) => Ok((id, answer)),
            Err(fault) => Err(Fault { reason: format!("request {id}: {}", fault.reason), ..fault }),
        }
    }
}

impl Sink for Sentinel {
    async fn send(&mut self, batch: &[Entry]) -> Sent {
        let last = batch.last().map_or(0, |entry| entry.sequence);
        let mut batch = batch;
        loop {
            if batch.first().is_some_and(|entry| entry.sequence <= self.alone_until) {
                batch = &batch[..1];
            }
            let call = encode::call(batch, self.size.bytes_max());
            if call.rows == 0 {
                return Sent::each(call.fates, None);
            }
            match self.call(&call).await {
                Outcome::Taken => {
                    self.size.taken();
                    return Sent::each(call.settled(&Fate::Accepted), None);
                }
                Outcome::TooLarge(_) if call.rows > 1 => self.size.too_large(call.bytes),
                Outcome::Malformed(_) if call.rows > 1 => self.alone_until = last,
                // A row that is no larger than any other is not what was meant.
                Outcome::TooLarge(fault) if call.bytes <= size::BYTES_MIN => {
                    return Sent::each(call.fates, Some(Fault { remedy: Remedy::Hold, ..fault }));
                }
                Outcome::TooLarge(fault) | Outcome::Malformed(fault) => {
                    return Sent::each(call.settled(&Fate::Refused(fault.reason)), None);
                }
                Outcome::Failed(fault) => {
                    if matches!(fault.remedy, Remedy::Retry(_)) {
                        self.size.failed(call.bytes);
                    }
                    return Sent::each(call.fates, Some(fault));
                }
            }
        }
    }

    async fn probe(&mut self) -> Result<String, Fault> {
        self.tokens.authorization().await?;
        Ok("Entra gives a token; `postern test-alert` shows whether the rule takes rows".to_owned())
    }
}
